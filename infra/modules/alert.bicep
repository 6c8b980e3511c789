metadata description = 'Notices our own silence: no pass over the error queues has succeeded for half an hour.'

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Name of the alert rule, and of those who are told.')
param name string

@description('Id of the workspace that holds the logs.')
param workspaceId string

@description('Name of the function app.')
param appName string

@description('Mail addresses of those who are told.')
param mails string[]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(mails)) {
  name: name
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'busbell'
    emailReceivers: [
      for (mail, at) in mails: {
        name: 'mail-${at}'
        emailAddress: mail
        useCommonAlertSchema: true
      }
    ]
  }
}

resource silence 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    enabled: true
    displayName: 'Busbell is silent'
    description: 'No pass over the error queues has succeeded for half an hour. What fails now, nobody is told.'
    severity: 1
    scopes: [
      workspaceId
    ]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
    autoMitigate: true
    skipQueryValidation: true // a workspace that is new does not know its tables yet
    criteria: {
      allOf: [
        {
          query: 'AppRequests | where AppRoleName =~ "${appName}" and Name == "ErrorQueueTimer" and Success == true'
          timeAggregation: 'Count'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: empty(mails)
        ? []
        : [
            people.id
          ]
    }
  }
}

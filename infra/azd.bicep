targetScope = 'subscription'

metadata description = 'What azd wants: a resource group of its own, with all of main.bicep in it. Lists are given as text with commas.'

@description('Name of the azd environment; the resource group is called after it.')
@minLength(1)
@maxLength(60)
param environmentName string

@description('Region of all resources.')
@metadata({
  azd: {
    type: 'location'
  }
})
param location string

@description('Name of the Service Bus namespace to watch. Empty: a new one is made.')
param serviceBusNamespace string = ''

@description('Resource group of that namespace. Empty: that of Busbell.')
param serviceBusResourceGroup string = ''

@description('Queues and subscriptions that may be read; or only *, for the whole namespace. Empty is for a new namespace.')
param sources string = ''

@description('Topics whose messages are events to announce.')
param topics string = ''

@description('Whether failed messages may be put back.')
param recovery bool = false

@description('Token of the Slack app\'s bot. Empty: the one in the vault stays.')
@secure()
param slackToken string = ''

@description('Whether messages in Slack have buttons.')
param buttons bool = false

@description('What Slack signs clicks with. Empty: the one in the vault stays.')
@secure()
param slackSigningSecret string = ''

@description('Whether somebody is paged.')
param paging bool = false

@description('Key of an API integration in OpsGenie or Jira Service Management. Empty: the one in the vault stays.')
@secure()
param opsGenieKey string = ''

@description('Where the pager answers.')
param opsGenieUrl string = 'api.opsgenie.com'

@description('Whether a dead-man service is called after each good pass.')
param ping bool = false

@description('URL of that service. Empty: the one in the vault stays.')
@secure()
param pingUrl string = ''

@description('Mail addresses that are told when Busbell itself falls silent.')
param alertMails string = ''

var groupName = 'rg-${environmentName}'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: location
  tags: {
    'azd-env-name': environmentName
  }
}

module busbell 'main.bicep' = {
  scope: group
  params: {
    location: location
    tags: {
      'azd-env-name': environmentName
    }
    serviceBusNamespace: serviceBusNamespace
    serviceBusResourceGroup: empty(serviceBusResourceGroup) ? groupName : serviceBusResourceGroup
    sources: empty(sources) ? [] : split(sources, ',')
    topics: empty(topics) ? [] : split(topics, ',')
    recovery: recovery
    slackToken: slackToken
    buttons: buttons
    slackSigningSecret: slackSigningSecret
    paging: paging
    opsGenieKey: opsGenieKey
    opsGenieUrl: opsGenieUrl
    ping: ping
    pingUrl: pingUrl
    alertMails: empty(alertMails) ? [] : split(alertMails, ',')
  }
}

@description('Name of the function app.')
output AZURE_FUNCTION_NAME string = busbell.outputs.AZURE_FUNCTION_NAME

@description('Name of the vault, for secrets that are set by hand.')
output AZURE_KEY_VAULT_NAME string = busbell.outputs.AZURE_KEY_VAULT_NAME

@description('Resource group of all of it.')
output AZURE_RESOURCE_GROUP string = busbell.outputs.AZURE_RESOURCE_GROUP

@description('What works, and is better changed.')
output BUSBELL_WARNINGS string[] = busbell.outputs.BUSBELL_WARNINGS

@description('Where Slack sends clicks: the Request URL of the app\'s manifest.')
output SLACK_REQUEST_URL string = busbell.outputs.SLACK_REQUEST_URL

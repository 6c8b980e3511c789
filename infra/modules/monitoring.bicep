metadata description = 'Where logs go: Application Insights on a workspace of its own, for identities only.'

import { metricsPublisher } from 'roles.bicep'

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Name of the workspace.')
param workspaceName string

@description('Name of the Application Insights component.')
param insightsName string

@description('Days for which logs are kept.')
param retentionInDays int

@description('Gigabytes of logs a day after which no more are taken in until the next.')
param dailyQuotaGb int

@description('Name of the identity that sends telemetry.')
param identityName string

@description('Its principal id.')
param principalId string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionInDays
    workspaceCapping: {
      dailyQuotaGb: dailyQuotaGb
    }
    features: {
      disableLocalAuth: true
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

resource mayPublish 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identityName, metricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
  }
}

@description('Id of the workspace.')
output workspaceId string = workspace.id

@description('Where telemetry is sent. It opens nothing by itself: only identities may send.')
output ingestion string = insights.properties.ConnectionString

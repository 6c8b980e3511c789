metadata description = 'The function app on a Flex Consumption plan of its own, and its settings.'

import { secretNames } from 'vault.bicep'

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Name of the app.')
param name string

@description('Name of the plan.')
param planName string

@description('The identity that the app has.')
param identity {
  @description('Its id.')
  id: string
  @description('Its client id.')
  clientId: string
}

@description('Subnet that the app reaches out from; none without a network.')
param subnetId string?

@description('Memory of one instance, in MB.')
param instanceMemoryMB int

@description('How many instances each function, and HTTP as a whole, may have.')
param maximumInstanceCount int

@description('Whether one instance always waits for clicks in Slack.')
param httpReady bool

@description('Name of the container for the package.')
param packageContainer string

@description('The storage account, and the addresses of its services, each with a slash at the end.')
param storage {
  @description('Name of the account.')
  name: string
  @description('Of the blobs.')
  blobs: string
  @description('Of the tables.')
  tables: string
}

@description('The namespace that is watched.')
param bus {
  @description('Its host name.')
  host: string
  @description('Its id.')
  id: string
}

@description('Address of the vault, with a slash at the end.')
param vaultUri string

@description('Where telemetry is sent.')
param ingestion string

@description('When the error queues are looked into: six fields, in UTC.')
param schedule string

@description('Name of the queue for the events to announce.')
param eventsQueue string

@description('Name of the queue for what was clicked.')
param recoveryQueue string

@description('Whether messages in Slack have buttons.')
param buttons bool

@description('Whether somebody is paged.')
param paging bool

@description('Address of the pager.')
param opsGenieUrl string

@description('Whether a dead-man service is called after each good pass.')
param ping bool

var settings = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD'
  APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion
  AZURE_CLIENT_ID: identity.clientId
  AzureWebJobsStorage__accountName: storage.name // with the addresses alone the host fails now and then at start
  AzureWebJobsStorage__blobServiceUri: storage.blobs
  AzureWebJobsStorage__clientId: identity.clientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__tableServiceUri: storage.tables
  ERROR_QUEUE_SCHEDULE: schedule
  FEATURE_EVENTS_QUEUE: eventsQueue
  RECOVERY_QUEUE: recoveryQueue
  SERVICEBUS_RESOURCE_ID: bus.id
  SLACK_BOT_TOKEN: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${secretNames.slackToken})'
  ServiceBus__clientId: identity.clientId
  ServiceBus__credential: 'managedidentity'
  ServiceBus__fullyQualifiedNamespace: bus.host
}

// A reference to a secret that is not there would be an error, so each of
// these is set only where it is said to be there.
var buttonSettings = {
  SLACK_SIGNING_SECRET: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${secretNames.slackSigningSecret})'
}
var pagingSettings = {
  OPSGENIE_API_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${secretNames.opsGenieKey})'
  OPSGENIE_API_URL: opsGenieUrl
}
var pingSettings = {
  PING_URL: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${secretNames.pingUrl})'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, {
    'azd-service-name': 'busbell'
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    clientAffinityEnabled: false
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    publicNetworkAccess: 'Enabled' // Slack calls from outside
    virtualNetworkSubnetId: subnetId
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.blobs}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'custom'
        version: '1.0'
      }
      scaleAndConcurrency: {
        alwaysReady: httpReady
          ? [
              {
                name: 'http'
                instanceCount: 1
              }
            ]
          : []
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(settings, buttons ? buttonSettings : {}, paging ? pagingSettings : {}, ping ? pingSettings : {})
}

@description('Host name of the app.')
output host string = app.properties.defaultHostName

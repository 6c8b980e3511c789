metadata description = 'The vault for what cannot be an identity: the token, the keys and the URL that others gave us. A secret that is not given stays as it is.'

import { secretsUser } from 'roles.bicep'

@export()
@description('What each secret is called in the vault.')
var secretNames = {
  slackToken: 'slack-bot-token'
  slackSigningSecret: 'slack-signing-secret'
  opsGenieKey: 'opsgenie-api-key'
  pingUrl: 'ping-url'
}

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Name of the vault.')
param name string

@description('Whether only private endpoints lead to it.')
param privateNetwork bool

@description('Whether each reading and writing of a secret is logged.')
param audit bool

@description('Id of the workspace that keeps these logs.')
param workspaceId string

@secure()
@description('Token of the Slack app\'s bot. Empty: as it is.')
param slackToken string

@secure()
@description('What Slack signs clicks with. Empty: as it is.')
param slackSigningSecret string

@secure()
@description('Key of an API integration in OpsGenie or Jira Service Management. Empty: as it is.')
param opsGenieKey string

@secure()
@description('URL of a dead-man service. Empty: as it is.')
param pingUrl string

@description('Name of the identity that reads the secrets.')
param identityName string

@description('Its principal id.')
param principalId string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
    }
  }
}

// The older version that the linter proposes has no categoryGroup.
#disable-next-line use-recent-api-versions
resource auditLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (audit) {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

resource token 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(slackToken)) {
  parent: vault
  name: secretNames.slackToken
  properties: {
    contentType: 'text/plain'
    value: slackToken
  }
}

resource signing 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(slackSigningSecret)) {
  parent: vault
  name: secretNames.slackSigningSecret
  properties: {
    contentType: 'text/plain'
    value: slackSigningSecret
  }
}

resource pager 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(opsGenieKey)) {
  parent: vault
  name: secretNames.opsGenieKey
  properties: {
    contentType: 'text/plain'
    value: opsGenieKey
  }
}

resource ping 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(pingUrl)) {
  parent: vault
  name: secretNames.pingUrl
  properties: {
    contentType: 'text/plain'
    value: pingUrl
  }
}

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identityName, secretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

@description('Id of the vault.')
output id string = vault.id

@description('Address of the vault, with a slash at the end.')
output uri string = vault.properties.vaultUri

metadata description = 'As whom a GitHub workflow deploys, and plans: an identity for each, and no password. Once, by hand.'

import { blobDataOwner, busDataReceiver, busDataSender } from 'modules/roles.bicep'
import { metricsPublisher, reader, secretsUser, tableDataContributor } from 'modules/roles.bicep'

@description('Region.')
param location string = resourceGroup().location

@description('The repository, as owner/name.')
param repository string

@description('Principal id of the app, to which alone the pipeline may give roles: BUSBELL_PRINCIPAL_ID of the deployment.')
@minLength(36)
@maxLength(36)
param appPrincipalId string

@description('Resource group of the namespace that is watched.')
param serviceBusResourceGroup string = resourceGroup().name

@description('Id of the subscription of that namespace.')
param serviceBusSubscription string = subscription().subscriptionId

// Two Busbells that watch one namespace have a pipeline each, with roles in
// one group: these are named after the identity.
var suffix = take(uniqueString(resourceGroup().id), 8)
var deployerName = 'id-busbell-pipeline-${suffix}'
var plannerName = 'id-busbell-plan-${suffix}'

var otherGroup = toLower(serviceBusResourceGroup) != toLower(resourceGroup().name)
var elsewhere = otherGroup || serviceBusSubscription != subscription().subscriptionId

var appRoles = [
  blobDataOwner
  metricsPublisher
  secretsUser
  tableDataContributor
]
var busRoles = [
  busDataReceiver
  busDataSender
  reader
]

resource deployer 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: deployerName
  location: location
}

resource deployerTrust 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: deployer
  name: 'azure'
  properties: {
    issuer: 'https://token.actions.githubusercontent.com'
    subject: 'repo:${repository}:environment:azure'
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}

// Whoever may push a branch may change the workflow, and so act as this
// identity. It only reads, and asks what a deployment would change.
resource planner 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: plannerName
  location: location
}

resource plannerTrust 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: planner
  name: 'azure-plan'
  properties: {
    issuer: 'https://token.actions.githubusercontent.com'
    subject: 'repo:${repository}:environment:azure-plan'
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}

module deployHere 'modules/deployer.bicep' = {
  params: {
    identityName: deployerName
    principalId: deployer.properties.principalId
    whole: true
    appPrincipalId: appPrincipalId
    roles: elsewhere ? appRoles : union(appRoles, busRoles)
  }
}

module deployThere 'modules/deployer.bicep' = if (elsewhere) {
  scope: resourceGroup(serviceBusSubscription, serviceBusResourceGroup)
  params: {
    identityName: deployerName
    principalId: deployer.properties.principalId
    whole: false
    appPrincipalId: appPrincipalId
    roles: busRoles
  }
}

module planHere 'modules/planner.bicep' = {
  params: {
    identityName: plannerName
    principalId: planner.properties.principalId
  }
}

module planThere 'modules/planner.bicep' = if (elsewhere) {
  scope: resourceGroup(serviceBusSubscription, serviceBusResourceGroup)
  params: {
    identityName: plannerName
    principalId: planner.properties.principalId
  }
}

@description('Client id of who deploys, for the variable AZURE_CLIENT_ID of the repository.')
output AZURE_CLIENT_ID string = deployer.properties.clientId

@description('Client id of who plans, for the variable AZURE_PLAN_CLIENT_ID.')
output AZURE_PLAN_CLIENT_ID string = planner.properties.clientId

@description('Tenant id, for the variable AZURE_TENANT_ID.')
output AZURE_TENANT_ID string = tenant().tenantId

@description('Subscription id, for the variable AZURE_SUBSCRIPTION_ID.')
output AZURE_SUBSCRIPTION_ID string = subscription().subscriptionId

metadata description = 'As whom a GitHub workflow deploys: an identity that trusts two environments of one repository, and no password. Once, by hand.'

@description('Region.')
param location string = resourceGroup().location

@description('The repository, as owner/name.')
param repository string

@description('Resource group of the namespace that is watched.')
param serviceBusResourceGroup string = resourceGroup().name

@description('Id of the subscription of that namespace.')
param serviceBusSubscription string = subscription().subscriptionId

// Two Busbells that watch one namespace have a pipeline each, with roles in
// one group: these are named after the identity.
var identityName = 'id-busbell-pipeline-${take(uniqueString(resourceGroup().id), 8)}'
var environments = [
  'azure' // deploys
  'azure-plan' // says what a pull request would change
]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: identityName
  location: location
}

// One after the other: two at once are refused.
@batchSize(1)
resource trust 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [for stage in environments: {
  parent: identity
  name: stage
  properties: {
    issuer: 'https://token.actions.githubusercontent.com'
    subject: 'repo:${repository}:environment:${stage}'
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}]

module here 'modules/deployer.bicep' = {
  params: {
    identityName: identityName
    principalId: identity.properties.principalId
  }
}

module there 'modules/deployer.bicep' = if (serviceBusResourceGroup != resourceGroup().name || serviceBusSubscription != subscription().subscriptionId) {
  scope: resourceGroup(serviceBusSubscription, serviceBusResourceGroup)
  params: {
    identityName: identityName
    principalId: identity.properties.principalId
  }
}

@description('Client id, for the variable AZURE_CLIENT_ID of the repository.')
output AZURE_CLIENT_ID string = identity.properties.clientId

@description('Tenant id, for the variable AZURE_TENANT_ID.')
output AZURE_TENANT_ID string = tenant().tenantId

@description('Subscription id, for the variable AZURE_SUBSCRIPTION_ID.')
output AZURE_SUBSCRIPTION_ID string = subscription().subscriptionId

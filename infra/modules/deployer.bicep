metadata description = 'What whoever deploys may do in a resource group: everything but access, and of access only the roles that Busbell is given.'

import { blobDataOwner, busDataReceiver, busDataSender, metricsPublisher, reader, secretsUser, tableDataContributor } from 'roles.bicep'

@description('Name of the identity that deploys.')
param identityName string

@description('Its principal id.')
param principalId string

var contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c'
var accessAdministrator = 'f58310d9-a9f6-439a-9e8d-f62e7b41a168'

var given = join([
  blobDataOwner
  busDataReceiver
  busDataSender
  metricsPublisher
  reader
  secretsUser
  tableDataContributor
], ', ')
var mayWrite = '(!(ActionMatches{\'Microsoft.Authorization/roleAssignments/write\'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${given}})'
var mayDelete = '(!(ActionMatches{\'Microsoft.Authorization/roleAssignments/delete\'})) OR (@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${given}})'

resource mayDeploy 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, identityName, contributor)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', contributor)
  }
}

resource mayGive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, identityName, accessAdministrator)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', accessAdministrator)
    conditionVersion: '2.0'
    condition: '(${mayWrite}) AND (${mayDelete})'
  }
}

metadata description = 'What whoever plans may do in a resource group: read, and ask what a deployment would change.'

import { reader } from 'roles.bicep'

@description('Name of the identity that plans.')
param identityName string

@description('Its principal id.')
param principalId string

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, identityName, reader)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', reader)
  }
}

resource whatIf 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'Busbell what-if')
  properties: {
    roleName: 'Busbell what-if ${uniqueString(resourceGroup().id)}'
    description: 'Asks what a deployment would change, and changes nothing.'
    type: 'CustomRole'
    assignableScopes: [
      resourceGroup().id
    ]
    permissions: [
      {
        actions: [
          'Microsoft.Resources/deployments/validate/action'
          'Microsoft.Resources/deployments/whatIf/action'
        ]
      }
    ]
  }
}

resource mayAsk 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, identityName, 'Busbell what-if')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: whatIf.id
  }
}

metadata description = 'What whoever deploys may do in a resource group; of access only to give the app its roles.'

@description('Name of the identity that deploys.')
param identityName string

@description('Its principal id.')
param principalId string

@description('Whether the group is that of Busbell. In that of the namespace it may only make queues and subscriptions.')
param whole bool

@description('Principal id of the app, to which alone roles may be given.')
param appPrincipalId string

@description('Ids of the roles that may be given.')
param roles string[]

var contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c'
var accessAdministrator = 'f58310d9-a9f6-439a-9e8d-f62e7b41a168'

var assignments = 'Microsoft.Authorization/roleAssignments'
var isRole = '${assignments}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${join(roles, ', ')}}'
var isApp = '${assignments}:PrincipalId] ForAnyOfAnyValues:GuidEquals {${appPrincipalId}}'
var mayWrite = '(!(ActionMatches{\'${assignments}/write\'})) OR (@Request[${isRole} AND @Request[${isApp})'
var mayDelete = '(!(ActionMatches{\'${assignments}/delete\'})) OR (@Resource[${isRole} AND @Resource[${isApp})'

resource mayDeploy 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (whole) {
  name: guid(resourceGroup().id, identityName, contributor)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', contributor)
  }
}

// Contributor would be the right to read the keys of all that lies there.
resource messaging 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (!whole) {
  name: guid(resourceGroup().id, 'Busbell messaging')
  properties: {
    roleName: 'Busbell messaging ${uniqueString(resourceGroup().id)}'
    description: 'Makes the queues and subscriptions that Busbell needs in a Service Bus namespace, and reads no keys.'
    type: 'CustomRole'
    assignableScopes: [
      resourceGroup().id
    ]
    permissions: [
      {
        actions: [
          'Microsoft.Resources/deployments/*'
          'Microsoft.Resources/subscriptions/resourceGroups/read'
          'Microsoft.ServiceBus/namespaces/read'
          'Microsoft.ServiceBus/namespaces/privateEndpointConnectionsApproval/action'
          'Microsoft.ServiceBus/namespaces/queues/read'
          'Microsoft.ServiceBus/namespaces/queues/write'
          'Microsoft.ServiceBus/namespaces/topics/read'
          'Microsoft.ServiceBus/namespaces/topics/subscriptions/read'
          'Microsoft.ServiceBus/namespaces/topics/subscriptions/write'
        ]
      }
    ]
  }
}

resource mayMessage 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!whole) {
  name: guid(resourceGroup().id, identityName, 'Busbell messaging')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: messaging.id
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

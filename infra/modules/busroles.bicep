metadata description = 'What Busbell may do in the namespace that it watches: look, and send only where recovery is wanted.'

import { busDataReceiver, busDataSender, reader } from 'roles.bicep'

@description('Name of the namespace.')
param namespaceName string

@description('Queues that may be read, by name; a name holds no more than itself and its dead-letter queues.')
param queues string[]

@description('Subscriptions that may be read, each as topic/Subscriptions/subscription, in whatever case.')
param subscriptions string[]

@description('Whether the whole namespace may be read, whatever else is listed.')
param everything bool

@description('Whether names and properties of all queues and topics may be read.')
param properties bool

@description('Whether failed messages may be put back on any queue.')
param recovery bool

@description('Name of the identity that gets the roles.')
param identityName string

@description('Its principal id.')
param principalId string

resource bus 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: namespaceName
}

resource watchedQueue 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' existing = [
  for name in queues: {
    parent: bus
    name: replace(name, '/', '~')
  }
]

resource watchedTopic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' existing = [
  for path in subscriptions: {
    parent: bus
    name: join(take(split(path, '/'), length(split(path, '/')) - 2), '~')
  }
]

resource watchedSubscription 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' existing = [
  for (path, at) in subscriptions: {
    parent: watchedTopic[at]
    name: last(split(path, '/'))
  }
]

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (everything) {
  name: guid(bus.id, identityName, busDataReceiver)
  scope: bus
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', busDataReceiver)
  }
}

resource mayReadQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, at) in queues: if (!everything) {
    name: guid(watchedQueue[at].id, identityName, busDataReceiver)
    scope: watchedQueue[at]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', busDataReceiver)
    }
  }
]

resource mayReadSubscription 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (path, at) in subscriptions: if (!everything) {
    name: guid(watchedSubscription[at].id, identityName, busDataReceiver)
    scope: watchedSubscription[at]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', busDataReceiver)
    }
  }
]

resource mayLook 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (properties) {
  name: guid(bus.id, identityName, reader)
  scope: bus
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', reader)
  }
}

resource maySend 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (recovery) {
  name: guid(bus.id, identityName, busDataSender)
  scope: bus
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', busDataSender)
  }
}

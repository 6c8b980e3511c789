metadata description = 'What Busbell needs in the namespace that it watches, which may lie in another resource group: its two queues, the subscriptions that feed one of them.'

@description('Name of the namespace.')
param namespaceName string

@description('Name of the queue for the events to announce.')
@minLength(1)
param eventsQueue string

@description('Name of the queue for what was clicked.')
@minLength(1)
param recoveryQueue string

@description('Topics whose messages are events to announce.')
param topics string[]

// A function that fails is called again at once, without a pause: many
// deliveries keep a short outage from filling the dead-letter queue.
var maxDeliveryCount = 100

resource bus 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: namespaceName
}

// Resource Manager wants the "/" of such names as "~".
resource events 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' = {
  parent: bus
  name: replace(eventsQueue, '/', '~')
  properties: {
    deadLetteringOnMessageExpiration: true
    lockDuration: 'PT1M'
    maxDeliveryCount: maxDeliveryCount
  }
}

resource recovery 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' = {
  parent: bus
  name: replace(recoveryQueue, '/', '~')
  properties: {
    deadLetteringOnMessageExpiration: true
    lockDuration: 'PT1M'
    maxDeliveryCount: maxDeliveryCount
  }
}

resource topic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' existing = [
  for name in topics: {
    parent: bus
    name: replace(name, '/', '~')
  }
]

resource forwarding 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = [
  for (name, at) in topics: {
    parent: topic[at]
    name: replace(take(eventsQueue, 50), '/', '-') // of its own for each Busbell in the namespace
    properties: {
      deadLetteringOnMessageExpiration: true
      forwardTo: eventsQueue
      maxDeliveryCount: maxDeliveryCount
    }
    dependsOn: [
      events
    ]
  }
]

@description('Id of the namespace.')
output namespaceId string = bus.id

@description('Host name of the namespace.')
output host string = split(split(bus.properties.serviceBusEndpoint, '//')[1], ':')[0]

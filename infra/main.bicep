metadata description = 'Busbell in a resource group: az deployment group create. See docs/deploy.md.'

@description('Short name; part of the name of every resource. Letters and digits, with single hyphens between them.')
@minLength(2)
@maxLength(12)
param name string = 'busbell'

@description('Region of all resources.')
param location string = resourceGroup().location

@description('Tags of all resources.')
param tags { *: string } = {}

@description('Name of the Service Bus namespace to watch. Empty: a new one is made.')
param serviceBusNamespace string = ''

@description('Resource group of that namespace.')
param serviceBusResourceGroup string = resourceGroup().name

@description('Id of the subscription of that namespace.')
param serviceBusSubscription string = subscription().subscriptionId

@description('Whether that namespace is, or a new one shall be, a Premium one. Private endpoints need it, and it has its price.')
param serviceBusPremium bool = false

@description('What may be read: queues by name, subscriptions as topic/Subscriptions/name, or * for all. Empty is for a new namespace.')
param sources string[] = []

@description('Topics whose messages are events to announce, by name. Each gets a subscription that forwards to the events queue and is called like it.')
param topics string[] = []

@description('Name of the queue for the events to announce, made in the namespace.')
@minLength(1)
param eventsQueue string = 'busbell-events'

@description('Name of the queue for what was clicked, made in the namespace.')
@minLength(1)
param recoveryQueue string = 'busbell-recovery'

@description('Whether failed messages may be put back: the right to send to every queue of the namespace.')
param recovery bool = false

@description('Whether names and properties of queues and topics may be read, which patterns in busbell.yaml need.')
param properties bool = true

@description('Whether the roles in the namespace are assigned here. If you may not do that, say no, and let somebody assign them who may.')
param assignServiceBusRoles bool = true

@description('When the error queues are looked into: second, minute, hour, day, month, weekday, in UTC. At least twice an hour, or the alert on silence rings.')
param schedule string = '0 */2 * * * *'

@description('Token of the Slack app\'s bot, xoxb-…. Empty: the one in the vault stays.')
@secure()
param slackToken string = ''

@description('Whether messages in Slack have buttons. They need the signing secret, here or in the vault.')
param buttons bool = false

@description('What Slack signs clicks with. Empty: the one in the vault stays.')
@secure()
param slackSigningSecret string = ''

@description('Whether somebody is paged. It needs the key, here or in the vault.')
param paging bool = false

@description('Key of an API integration in OpsGenie or Jira Service Management. Empty: the one in the vault stays.')
@secure()
param opsGenieKey string = ''

@description('Where the pager answers: api.opsgenie.com, api.eu.opsgenie.com, or api.atlassian.com/jsm/ops/integration.')
param opsGenieUrl string = 'api.opsgenie.com'

@description('Whether a dead-man service is called after each good pass. It needs the URL, here or in the vault.')
param ping bool = false

@description('URL of that service. Empty: the one in the vault stays.')
@secure()
param pingUrl string = ''

@description('Mail addresses that are told when Busbell itself falls silent.')
param alertMails string[] = []

@description('Whether one instance always waits for clicks, because Slack gives an answer three seconds and a cold start may take longer. It has its price.')
param httpReady bool = false

@description('Memory of one instance, in MB.')
param instanceMemoryMB 512 | 2048 | 4096 = 512

@description('How many instances each function, and HTTP as a whole, may have. Azure takes no fewer than 40.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('How often the storage account keeps its data, and where.')
param storageSku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS' = 'Standard_LRS'

@description('Days for which logs are kept.')
@minValue(30)
@maxValue(730)
param logDays int = 30

@description('Gigabytes of logs a day after which no more are taken in until the next; the alert on silence rings then.')
@minValue(1)
param logQuotaGb int = 1

@description('Whether each reading and writing of a secret is logged.')
param vaultAudit bool = false

@description('What the resource group may cost in a month, in the currency of the subscription, before alertMails are told. 0: no budget.')
@minValue(0)
param monthlyBudget int = 0

@description('From when the budget counts: the first day of the month in which it is made, such as 2026-12-01. Keep it later on.')
param budgetStart string = ''

@description('Whether storage and vault, and a Premium namespace, are reached over a private network only. Slack still reaches the app.')
param privateNetwork bool = false

@description('Addresses of that network, a range of at least /24.')
param networkAddresses string = '10.90.0.0/24'

var newNamespace = empty(serviceBusNamespace)
var queueNames = filter(sources, source => !contains(toLower(source), '/subscriptions/'))
var subscriptionPaths = filter(sources, source => contains(toLower(source), '/subscriptions/'))
var everySource = contains(sources, '*') || (newNamespace && empty(sources))

var letters = map(range(0, length(name)), at => substring(toLower(name), at, 1))
var strange = filter(letters, letter => !contains('abcdefghijklmnopqrstuvwxyz0123456789-', letter))
var hyphens = startsWith(name, '-') || endsWith(name, '-') || contains(name, '--')
var unnamed = filter(sources, source => source != '*' && (contains(source, '*') || contains(source, '$')))

// What Azure would refuse half-way, or would take and should not, is refused
// before anything is made: every name below stands on the first.
var mistakes = filter(
  [
    hyphens || !empty(strange)
      ? 'name is "${name}": write letters and digits, with single hyphens between them'
      : ''
    toLower(eventsQueue) == toLower(recoveryQueue)
      ? 'eventsQueue and recoveryQueue are both "${eventsQueue}": name two queues'
      : ''
    empty(sources) && !newNamespace && assignServiceBusRoles
      ? 'sources is empty: list what busbell.yaml watches, or write [\'*\'] to let Busbell receive from every queue'
      : ''
    !empty(unnamed)
      ? 'sources has ${join(unnamed, ', ')}: write whole names; the dead-letter queues of a queue belong to it'
      : ''
    monthlyBudget > 0 && empty(budgetStart) ? 'monthlyBudget needs budgetStart, such as 2026-12-01' : ''
    monthlyBudget > 0 && empty(alertMails) ? 'monthlyBudget needs alertMails, who are told' : ''
  ],
  mistake => !empty(mistake)
)
var warnings = filter(
  [
    empty(alertMails) ? 'alertMails is empty: nobody is told when Busbell falls silent' : ''
    everySource && !newNamespace ? 'sources is *: Busbell may receive from every queue of ${serviceBusNamespace}' : ''
  ],
  warning => !empty(warning)
)

var short = empty(mistakes) ? toLower(name) : fail(join(mistakes, '; '))
var token = take(uniqueString(resourceGroup().id, short), 8)
var identityName = 'id-${short}-${token}'
var appName = 'func-${short}-${token}'
var vaultName = 'kv-${take(short, 12)}-${token}'
var storageName = 'st${replace(short, '-', '')}${token}'
var networkName = 'vnet-${short}-${token}'
var packageContainer = 'app-package'

var namespaceName = newNamespace ? 'sb-${short}-${token}' : serviceBusNamespace
var namespaceGroup = newNamespace ? resourceGroup().name : serviceBusResourceGroup
var namespaceSubscription = newNamespace ? subscription().subscriptionId : serviceBusSubscription

var privateNamespace = privateNetwork && serviceBusPremium

module identity 'modules/identity.bicep' = {
  params: {
    location: location
    tags: tags
    name: identityName
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    location: location
    tags: tags
    workspaceName: 'log-${short}-${token}'
    insightsName: 'appi-${short}-${token}'
    retentionInDays: logDays
    dailyQuotaGb: logQuotaGb
    identityName: identityName
    principalId: identity.outputs.principalId
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    location: location
    tags: tags
    name: storageName
    sku: storageSku
    privateNetwork: privateNetwork
    packageContainer: packageContainer
    identityName: identityName
    principalId: identity.outputs.principalId
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    location: location
    tags: tags
    name: vaultName
    privateNetwork: privateNetwork
    audit: vaultAudit
    workspaceId: monitoring.outputs.workspaceId
    slackToken: slackToken
    slackSigningSecret: slackSigningSecret
    opsGenieKey: opsGenieKey
    pingUrl: pingUrl
    identityName: identityName
    principalId: identity.outputs.principalId
  }
}

module namespace 'modules/namespace.bicep' = if (newNamespace) {
  params: {
    location: location
    tags: tags
    name: namespaceName
    premium: serviceBusPremium
    privateNetwork: privateNetwork
  }
}

module messaging 'modules/messaging.bicep' = {
  scope: resourceGroup(namespaceSubscription, namespaceGroup)
  params: {
    namespaceName: namespaceName
    eventsQueue: eventsQueue
    recoveryQueue: recoveryQueue
    topics: topics
  }
  dependsOn: [
    namespace
  ]
}

module busRoles 'modules/busroles.bicep' = if (assignServiceBusRoles) {
  scope: resourceGroup(namespaceSubscription, namespaceGroup)
  params: {
    namespaceName: namespaceName
    queues: union([eventsQueue, recoveryQueue], queueNames)
    subscriptions: subscriptionPaths
    everything: everySource
    properties: properties
    recovery: recovery
    identityName: identityName
    principalId: identity.outputs.principalId
  }
  dependsOn: [
    messaging
  ]
}

module network 'modules/network.bicep' = if (privateNetwork) {
  params: {
    location: location
    tags: tags
    name: networkName
    addresses: networkAddresses
  }
}

// One endpoint after the other: two at once on one account are refused.
module blobEndpoint 'modules/endpoint.bicep' = if (privateNetwork) {
  params: {
    location: location
    tags: tags
    name: 'pep-blob-${short}-${token}'
    networkId: network!.outputs.id
    networkName: networkName
    subnetId: network!.outputs.endpointSubnetId
    targetId: storage.outputs.id
    service: 'blob'
    zoneName: 'privatelink.blob.${environment().suffixes.storage}'
  }
}

module tableEndpoint 'modules/endpoint.bicep' = if (privateNetwork) {
  params: {
    location: location
    tags: tags
    name: 'pep-table-${short}-${token}'
    networkId: network!.outputs.id
    networkName: networkName
    subnetId: network!.outputs.endpointSubnetId
    targetId: storage.outputs.id
    service: 'table'
    zoneName: 'privatelink.table.${environment().suffixes.storage}'
  }
  dependsOn: [
    blobEndpoint
  ]
}

module vaultEndpoint 'modules/endpoint.bicep' = if (privateNetwork) {
  params: {
    location: location
    tags: tags
    name: 'pep-vault-${short}-${token}'
    networkId: network!.outputs.id
    networkName: networkName
    subnetId: network!.outputs.endpointSubnetId
    targetId: vault.outputs.id
    service: 'vault'
    zoneName: 'privatelink${replace(environment().suffixes.keyvaultDns, 'vault', 'vaultcore')}'
  }
  dependsOn: [
    tableEndpoint
  ]
}

module busEndpoint 'modules/endpoint.bicep' = if (privateNamespace) {
  params: {
    location: location
    tags: tags
    name: 'pep-bus-${short}-${token}'
    networkId: network!.outputs.id
    networkName: networkName
    subnetId: network!.outputs.endpointSubnetId
    targetId: messaging.outputs.namespaceId
    service: 'namespace'
    zoneName: 'privatelink.servicebus.windows.net'
  }
  dependsOn: [
    vaultEndpoint
  ]
}

// The roles come first: what the app may not do when it starts, it reports.
module app 'modules/app.bicep' = {
  params: {
    location: location
    tags: tags
    name: appName
    planName: 'plan-${short}-${token}'
    identity: {
      id: identity.outputs.id
      clientId: identity.outputs.clientId
    }
    subnetId: network.?outputs.?appSubnetId
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpReady: httpReady
    packageContainer: packageContainer
    storage: {
      name: storageName
      blobs: storage.outputs.blobs
      tables: storage.outputs.tables
    }
    bus: {
      host: messaging.outputs.host
      id: messaging.outputs.namespaceId
    }
    vaultUri: vault.outputs.uri
    ingestion: monitoring.outputs.ingestion
    schedule: schedule
    eventsQueue: eventsQueue
    recoveryQueue: recoveryQueue
    buttons: buttons
    paging: paging
    opsGenieUrl: opsGenieUrl
    ping: ping
  }
  dependsOn: [
    busRoles
    vaultEndpoint
    busEndpoint
  ]
}

module alert 'modules/alert.bicep' = {
  params: {
    location: location
    tags: tags
    name: 'alert-${short}-${token}'
    workspaceId: monitoring.outputs.workspaceId
    appName: appName
    mails: alertMails
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0) {
  params: {
    name: 'budget-${short}-${token}'
    amount: monthlyBudget
    start: budgetStart
    mails: alertMails
  }
}

@description('Name of the function app, for make deploy.')
output AZURE_FUNCTION_NAME string = appName

@description('Name of the vault, for secrets that are set by hand.')
output AZURE_KEY_VAULT_NAME string = vaultName

@description('Resource group of all of it.')
output AZURE_RESOURCE_GROUP string = resourceGroup().name

@description('Principal id of the app\'s identity, for roles that are assigned by hand.')
output BUSBELL_PRINCIPAL_ID string = identity.outputs.principalId

@description('What works, and is better changed.')
output BUSBELL_WARNINGS string[] = warnings

@description('Name of the namespace that is watched.')
output SERVICEBUS_NAMESPACE_NAME string = namespaceName

@description('Where Slack sends clicks: the Request URL of the app\'s manifest.')
output SLACK_REQUEST_URL string = 'https://${app.outputs.host}/api/slack/actions'

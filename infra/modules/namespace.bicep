metadata description = 'A Service Bus namespace, for those who have none to watch yet.'

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Name of the namespace.')
param name string

@description('Whether it is a Premium one, which private endpoints need.')
param premium bool

@description('Whether only private endpoints lead to it.')
param privateNetwork bool

resource bus 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: premium ? 'Premium' : 'Standard'
    tier: premium ? 'Premium' : 'Standard'
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: premium && privateNetwork ? 'Disabled' : 'Enabled'
  }
}

metadata description = 'A network of Busbell\'s own: one subnet that the app reaches out from, one for private endpoints.'

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Name of the network.')
param name string

@description('Its addresses, a range of at least /24.')
param addresses string

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        addresses
      ]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addresses, 26, 0)
          delegations: [
            {
              name: 'app'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addresses, 26, 1)
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }
}

resource app 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' existing = {
  parent: network
  name: 'app'
}

resource endpoints 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' existing = {
  parent: network
  name: 'endpoints'
}

@description('Id of the network.')
output id string = network.id

@description('Id of the subnet that the app reaches out from.')
output appSubnetId string = app.id

@description('Id of the subnet for private endpoints.')
output endpointSubnetId string = endpoints.id

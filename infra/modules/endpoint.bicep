metadata description = 'A private endpoint: one service, reached from the network under its usual name.'

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Name of the endpoint.')
param name string

@description('Id of the network.')
param networkId string

@description('Name of the network. The zone may serve others in the group, each under a link of its own.')
param networkName string

@description('Id of the subnet that the endpoint lies in.')
param subnetId string

@description('Id of the resource that it leads to.')
param targetId string

@description('Which of the resource\'s services.')
param service 'blob' | 'table' | 'vault' | 'namespace'

@description('The DNS zone in which the service is found.')
param zoneName string

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zoneName
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: zone
  name: networkName
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: service
        properties: {
          privateLinkServiceId: targetId
          groupIds: [
            service
          ]
        }
      }
    ]
  }
}

resource group 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: service
        properties: {
          privateDnsZoneId: zone.id
        }
      }
    ]
  }
}

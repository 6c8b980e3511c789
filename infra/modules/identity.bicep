metadata description = 'As whom Busbell signs in everywhere. It exists before the app, so that its roles do too.'

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Name of the identity.')
param name string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Id of the identity.')
output id string = identity.id

@description('Its client id, by which settings name it.')
output clientId string = identity.properties.clientId

@description('Its principal id, which holds the roles.')
output principalId string = identity.properties.principalId

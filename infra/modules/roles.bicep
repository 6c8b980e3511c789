metadata description = 'The built-in roles that Busbell is given, by their ids, which are the same everywhere.'

@export()
@description('Reads, writes and deletes blobs, and holds the leases by which instances agree.')
var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'

@export()
@description('Reads and writes rows, and makes tables.')
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'

@export()
@description('Receives and peeks messages.')
var busDataReceiver = '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'

@export()
@description('Sends messages.')
var busDataSender = '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'

@export()
@description('Reads names and properties of what is there; no messages, no keys.')
var reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'

@export()
@description('Reads the values of secrets.')
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

@export()
@description('Sends telemetry.')
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

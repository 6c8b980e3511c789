// An example to copy and make yours: what is deployed, and what it may do.
// It holds no secret: those come from the environment, and once they are in
// the vault they stay there, also when a later deployment gives none.
using './main.bicep'

// The namespace to watch. Without a name a new one is made, for trying out.
param serviceBusNamespace = ''
// param serviceBusNamespace = 'sb-shop'
// param serviceBusResourceGroup = 'rg-shop'

// What may be read. Empty is for a new namespace; ['*'] is the whole of one that was there.
param sources = []
// param sources = ['error', 'billing', 'orders/Subscriptions/invoicing']

// Topics whose messages are events to announce; none is fine.
param topics = []
// param topics = ['Shop.Contracts/OrderPlaced']

// Say true for what there is a secret of, here or in the vault already.
param buttons = false
param paging = false
param ping = false

param slackToken = readEnvironmentVariable('SLACK_BOT_TOKEN', '')
param slackSigningSecret = readEnvironmentVariable('SLACK_SIGNING_SECRET', '')
param opsGenieKey = readEnvironmentVariable('OPSGENIE_API_KEY', '')
param pingUrl = readEnvironmentVariable('PING_URL', '')

// Who is told when Busbell itself falls silent; empty is nobody.
param alertMails = []

package message

// A Framework is the messaging library whose marks a message carries.
type Framework string

// The frameworks that are told apart. Plain is everything else.
const (
	Rebus       Framework = "rebus"
	NServiceBus Framework = "nservicebus"
	MassTransit Framework = "masstransit"
	Wolverine   Framework = "wolverine"
	Brighter    Framework = "brighter"
	Dapr        Framework = "dapr"
	Plain       Framework = "plain"
)

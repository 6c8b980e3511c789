package shop

import (
	"fmt"
	"strings"
)

// The services of the shop, by the queues they listen to.
const (
	Orders   = "shop.orders"
	Billing  = "shop.billing"
	Loyalty  = "shop.loyalty"
	Shipping = "shop.shipping"
)

// A Problem is one way in which the services of the shop fail: the message that
// they were given, and the exception that they throw.
type Problem struct {
	Queue     string   // of the service
	Message   string   // the message's full type name
	Exception string   // its full type name
	text      string   // its message; %d is the order's number
	frames    []string // of the service's own code, the innermost first

	inner       string // exception and message, where there is one
	innerFrames []string
}

// MessageName is the name of the message's type without its namespace.
func (p Problem) MessageName() string { return short(p.Message) }

// ExceptionName is the name of the exception's type without its namespace.
func (p Problem) ExceptionName() string { return short(p.Exception) }

// short is the name of a type without its namespace.
func short(typeName string) string { return typeName[strings.LastIndex(typeName, ".")+1:] }

// describe is the exception's message for one order.
func (p Problem) describe(order int) string {
	if strings.Contains(p.text, "%d") {
		return fmt.Sprintf(p.text, order)
	}
	return p.text
}

// The problems of the shop.
var (
	LabelMissing = Problem{
		Queue: Shipping, Message: "Shop.Orders.OrderPlaced", Exception: "System.NullReferenceException",
		text: "Object reference not set to an instance of an object.",
		frames: []string{
			"Shop.Shipping.Labels.LabelPrinter.Print(Parcel parcel) in /src/Shop.Shipping/Labels/LabelPrinter.cs:line 34",
			"Shop.Shipping.Handlers.ShipOrderHandler.Handle(OrderPlaced message) in /src/Shop.Shipping/Handlers/ShipOrderHandler.cs:line 21",
		},
	}
	MailboxFull = Problem{ // its address is masked before anybody sees it
		Queue: Loyalty, Message: "Shop.Orders.OrderPlaced", Exception: "Shop.Loyalty.Mail.MailRefusedException",
		text: "552 5.2.2 <ada@shop.example>: mailbox full (thank-you letter for order %d)",
		frames: []string{
			"Shop.Loyalty.Mail.Postman.SendAsync(Letter letter) in /src/Shop.Loyalty/Mail/Postman.cs:line 58",
			"Shop.Loyalty.Handlers.ThankCustomerHandler.Handle(OrderPlaced message) in /src/Shop.Loyalty/Handlers/ThankCustomerHandler.cs:line 17",
		},
	}
	DatabaseSlow = Problem{
		Queue: Orders, Message: "Shop.Orders.PlaceOrder", Exception: "Npgsql.NpgsqlException",
		text:        "Exception while reading from stream",
		inner:       "System.TimeoutException: Timeout during reading attempt",
		innerFrames: []string{"Npgsql.Internal.NpgsqlReadBuffer.ReadBytes(Int32 count)"},
		frames: []string{
			"Npgsql.Internal.NpgsqlReadBuffer.Ensure(Int32 count)",
			"Shop.Orders.Store.OrderStore.SaveAsync(Order order) in /src/Shop.Orders/Store/OrderStore.cs:line 112",
			"Shop.Orders.Handlers.PlaceOrderHandler.Handle(PlaceOrder message) in /src/Shop.Orders/Handlers/PlaceOrderHandler.cs:line 40",
		},
	}
	GatewayDown = Problem{
		Queue: Billing, Message: "Shop.Billing.ChargeCustomer", Exception: "Shop.Billing.Gateway.CardGatewayException",
		text: "Card gateway refused the charge for order %d: 503 Service Unavailable",
		frames: []string{
			"Shop.Billing.Gateway.CardGateway.ChargeAsync(ChargeRequest request, CancellationToken token) in /src/Shop.Billing/Gateway/CardGateway.cs:line 87",
			"Shop.Billing.Handlers.ChargeCustomerHandler.Handle(ChargeCustomer message) in /src/Shop.Billing/Handlers/ChargeCustomerHandler.cs:line 41",
		},
	}
	PointsTwice = Problem{
		Queue: Loyalty, Message: "Shop.Loyalty.AddPoints", Exception: "System.InvalidOperationException",
		text: "Points for order %d were added before",
		frames: []string{
			"Shop.Loyalty.Points.Account.Add(OrderId order, Int32 points) in /src/Shop.Loyalty/Points/Account.cs:line 66",
			"Shop.Loyalty.Handlers.AddPointsHandler.Handle(AddPoints message) in /src/Shop.Loyalty/Handlers/AddPointsHandler.cs:line 25",
		},
	}
	StockDown = Problem{
		Queue: Shipping, Message: "Shop.Shipping.ReserveStock", Exception: "System.Net.Http.HttpRequestException",
		text:        "Connection refused (stock.shop.example:443)",
		inner:       "System.Net.Sockets.SocketException (111): Connection refused",
		innerFrames: []string{"System.Net.Sockets.Socket.AwaitableSocketAsyncEventArgs.ThrowException(SocketError error, CancellationToken cancellationToken)"},
		frames: []string{
			"System.Net.Http.HttpConnectionPool.ConnectToTcpHostAsync(String host, Int32 port, HttpRequestMessage initialRequest, Boolean async, CancellationToken cancellationToken)",
			"Shop.Shipping.Stock.StockClient.ReserveAsync(Sku sku, Int32 pieces) in /src/Shop.Shipping/Stock/StockClient.cs:line 29",
			"Shop.Shipping.Handlers.ReserveStockHandler.Handle(ReserveStock message) in /src/Shop.Shipping/Handlers/ReserveStockHandler.cs:line 18",
		},
	}
)

// BadDeployment is what a release of shop.loyalty breaks: everything at once.
func BadDeployment() []Problem {
	var list []Problem
	for _, verb := range []string{
		"ExpirePoints", "InviteFriend", "MergeCustomers", "RecalculateLevel", "RedeemVoucher", "SendBirthdayCard", "SendStatement",
	} {
		list = append(list, Problem{
			Queue: Loyalty, Message: "Shop.Loyalty." + verb, Exception: "System.MissingMethodException",
			text: "Method not found: 'Void Shop.Loyalty.Points.Ledger.Book(Int32)'.",
			frames: []string{
				"Shop.Loyalty.Handlers." + verb + "Handler.Handle(" + verb + " message) in /src/Shop.Loyalty/Handlers/" + verb + "Handler.cs:line 22",
			},
		})
	}
	return list
}

// Problems are all that the services of the shop fail with.
func Problems() []Problem {
	return append(BadDeployment(), LabelMissing, MailboxFull, DatabaseSlow, GatewayDown, PointsTwice, StockDown)
}

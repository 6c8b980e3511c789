package demo

import (
	"fmt"
	"strings"
)

// The services of the shop, by the queues they listen to.
const (
	orders   = "shop.orders"
	billing  = "shop.billing"
	loyalty  = "shop.loyalty"
	shipping = "shop.shipping"
)

// A problem is one way in which the shop's services fail: what they were
// given, and the exception that they throw at it.
type problem struct {
	queue     string   // of the service
	message   string   // the message's full type name
	exception string   // its full type name
	text      string   // its message; %d is the order's number
	frames    []string // of the service's own code, the innermost first

	inner       string // exception and message, where there is one
	innerFrames []string
}

// name is how a person says it.
func (p problem) name() string { return short(p.message) + " in " + p.queue }

// short is a type's name without its namespace.
func short(typeName string) string { return typeName[strings.LastIndex(typeName, ".")+1:] }

// describe is the exception's message for one order.
func (p problem) describe(order int) string {
	if strings.Contains(p.text, "%d") {
		return fmt.Sprintf(p.text, order)
	}
	return p.text
}

var (
	labelMissing = problem{
		queue: shipping, message: "Shop.Orders.OrderPlaced", exception: "System.NullReferenceException",
		text: "Object reference not set to an instance of an object.",
		frames: []string{
			"Shop.Shipping.Labels.LabelPrinter.Print(Parcel parcel) in /src/Shop.Shipping/Labels/LabelPrinter.cs:line 34",
			"Shop.Shipping.Handlers.ShipOrderHandler.Handle(OrderPlaced message) in /src/Shop.Shipping/Handlers/ShipOrderHandler.cs:line 21",
		},
	}
	mailboxFull = problem{ // its address is masked before anybody sees it
		queue: loyalty, message: "Shop.Orders.OrderPlaced", exception: "Shop.Loyalty.Mail.MailRefusedException",
		text: "552 5.2.2 <ada@shop.example>: mailbox full (thank-you letter for order %d)",
		frames: []string{
			"Shop.Loyalty.Mail.Postman.SendAsync(Letter letter) in /src/Shop.Loyalty/Mail/Postman.cs:line 58",
			"Shop.Loyalty.Handlers.ThankCustomerHandler.Handle(OrderPlaced message) in /src/Shop.Loyalty/Handlers/ThankCustomerHandler.cs:line 17",
		},
	}
	databaseSlow = problem{
		queue: orders, message: "Shop.Orders.PlaceOrder", exception: "Npgsql.NpgsqlException",
		text:        "Exception while reading from stream",
		inner:       "System.TimeoutException: Timeout during reading attempt",
		innerFrames: []string{"Npgsql.Internal.NpgsqlReadBuffer.ReadBytes(Int32 count)"},
		frames: []string{
			"Npgsql.Internal.NpgsqlReadBuffer.Ensure(Int32 count)",
			"Shop.Orders.Store.OrderStore.SaveAsync(Order order) in /src/Shop.Orders/Store/OrderStore.cs:line 112",
			"Shop.Orders.Handlers.PlaceOrderHandler.Handle(PlaceOrder message) in /src/Shop.Orders/Handlers/PlaceOrderHandler.cs:line 40",
		},
	}
	gatewayDown = problem{
		queue: billing, message: "Shop.Billing.ChargeCustomer", exception: "Shop.Billing.Gateway.CardGatewayException",
		text: "Card gateway refused the charge for order %d: 503 Service Unavailable",
		frames: []string{
			"Shop.Billing.Gateway.CardGateway.ChargeAsync(ChargeRequest request, CancellationToken token) in /src/Shop.Billing/Gateway/CardGateway.cs:line 87",
			"Shop.Billing.Handlers.ChargeCustomerHandler.Handle(ChargeCustomer message) in /src/Shop.Billing/Handlers/ChargeCustomerHandler.cs:line 41",
		},
	}
	pointsTwice = problem{
		queue: loyalty, message: "Shop.Loyalty.AddPoints", exception: "System.InvalidOperationException",
		text: "Points for order %d were added before",
		frames: []string{
			"Shop.Loyalty.Points.Account.Add(OrderId order, Int32 points) in /src/Shop.Loyalty/Points/Account.cs:line 66",
			"Shop.Loyalty.Handlers.AddPointsHandler.Handle(AddPoints message) in /src/Shop.Loyalty/Handlers/AddPointsHandler.cs:line 25",
		},
	}
	stockDown = problem{
		queue: shipping, message: "Shop.Shipping.ReserveStock", exception: "System.Net.Http.HttpRequestException",
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

// badDeployment is what a release of shop.loyalty breaks: everything at once.
func badDeployment() []problem {
	var list []problem
	for _, verb := range []string{
		"ExpirePoints", "InviteFriend", "MergeCustomers", "RecalculateLevel", "RedeemVoucher", "SendBirthdayCard", "SendStatement",
	} {
		list = append(list, problem{
			queue: loyalty, message: "Shop.Loyalty." + verb, exception: "System.MissingMethodException",
			text: "Method not found: 'Void Shop.Loyalty.Points.Ledger.Book(Int32)'.",
			frames: []string{
				"Shop.Loyalty.Handlers." + verb + "Handler.Handle(" + verb + " message) in /src/Shop.Loyalty/Handlers/" + verb + "Handler.cs:line 22",
			},
		})
	}
	return list
}

// problems are all that befall the shop.
func problems() []problem {
	return append(badDeployment(), labelMissing, mailboxFull, databaseSlow, gatewayDown, pointsTwice, stockDown)
}

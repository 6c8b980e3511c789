package frame

import (
	"strings"
	"testing"
)

// libraries are frames of libraries of wide use, as they stand on top of
// handlers' traces.
var libraries = strings.Fields(`
	Ardalis.GuardClauses.GuardClauseExtensions.Null[T] Dawn.Guard.NotNull[T] CommunityToolkit.Diagnostics.ThrowHelper.ThrowArgumentNullException
	Throw.ExceptionThrower.Throw EnsureThat.EnsureArg.IsNotNull[T] Light.GuardClauses.Check.MustNotBeNull[T] CuttingEdge.Conditions.Condition.Requires
	Stripe.StripeClient.<RequestAsync>d__21.MoveNext PayPalCheckoutSdk.Core.PayPalHttpClient.Execute Braintree.BraintreeService.ThrowExceptionIfErrorStatusCode
	Adyen.HttpClient.HttpClientWrapper.<RequestAsync>d__5.MoveNext Mollie.Api.Client.BaseMollieClient.ProcessHttpResponseMessage Klarna.Rest.Core.Communication.JsonConverter.Read
	Square.Http.Client.HttpClientWrapper.Execute Worldpay.Sdk.Http.Send Checkout.ApiClient.Post Twilio.Http.SystemNetHttpClient.MakeRequest
	SendGrid.SendGridClient.MakeRequest MailKit.Net.Smtp.SmtpClient.Connect Mailgun.Service.MessageService.Send Postmark.PostmarkClient.Process
	FluentEmail.Smtp.SmtpSender.SendAsync Vonage.Request.ApiRequest.Do Algolia.Search.Transport.HttpTransport.ExecuteRequestAsync Elastic.Transport.DistributedTransport.Request
	Nest.ElasticClient.Search Meilisearch.MeilisearchMessageHandler.SendAsync SolrNet.Impl.SolrConnection.Get Lucene.Net.Index.IndexWriter.EnsureOpen
	Dapper.SqlMapper.QueryRowAsync Npgsql.NpgsqlCommand.ExecuteReader OracleInternal.ServiceObjects.OracleConnectionImpl.Connect NHibernate.Loader.Loader.DoList
	LinqToDB.Data.DataConnection.ExecuteReader Marten.Linq.MartenLinqQueryProvider.Execute RepoDb.DbConnectionExtension.InsertAsync PetaPoco.Database.Execute
	SqlKata.Execution.QueryFactory.Get NPoco.Database.Query ServiceStack.OrmLite.OrmLiteResultsFilter.Exec FirebirdSql.Data.FirebirdClient.FbCommand.Prepare
	RestSharp.RestClient.ExecuteAsync Refit.RequestBuilderImplementation.Build Flurl.Http.FlurlClient.HandleExceptionAsync RestEase.Implementation.Requester.RequestAsync
	Amazon.Runtime.Internal.HttpErrorResponseExceptionHandler.HandleException Google.Apis.Requests.ClientServiceRequest.Execute Azure.Core.HttpPipelineExtensions.ProcessMessageAsync
	Minio.MinioClient.ParseError k8s.Kubernetes.SendRequestRaw Octokit.Connection.HandleErrors Salesforce.Common.XmlHttpClient.HttpGet
	MediatR.Internal.RequestHandler.Handle FluentValidation.DefaultValidatorExtensions.ValidateAndThrow AutoMapper.Mapper.Map Mapster.TypeAdapter.Adapt
	Serilog.Core.Logger.Write NLog.Logger.Info log4net.Core.LogImpl.Error Polly.ResiliencePipeline.ExecuteAsync Castle.DynamicProxy.AbstractInvocation.Proceed
	Newtonsoft.Json.JsonConvert.DeserializeObject YamlDotNet.Serialization.Deserializer.Deserialize CsvHelper.CsvReader.GetField ProtoBuf.Meta.TypeModel.Deserialize
	CallSite.Target Microsoft.CSharp.RuntimeBinder.Semantics.ExpressionBinder.Bind UnknownVendor.Sdk.Client.Call Acme.Platform.Gateway.Send
`)

func first(c Code, stack []string) string {
	for _, name := range stack {
		if c.IsOwn(name) {
			return c.Method(name)
		}
	}
	return ""
}

func TestALibrarysFrameIsNotTheTeams(t *testing.T) {
	if len(libraries) < 51 {
		t.Fatalf("only %d libraries", len(libraries))
	}
	for _, library := range libraries {
		for name, tt := range map[string]struct {
			stack []string
			types [2]string
			want  string
		}{
			"message type": {
				[]string{library, "Shop.Domain.Parcel..ctor", "Shop.Handlers.OrderPlacedHandler.Handle", "SomeHost.Pump.Run"},
				[2]string{"Shop.Orders.OrderPlaced"},
				"Shop.Domain.Parcel..ctor",
			},
			"handler": {
				[]string{library, "Shop.Domain.Parcel..ctor", "Shop.Handlers.OrderPlacedHandler.Handle"},
				[2]string{"OrderPlaced", "Shop.Handlers.OrderPlacedHandler"},
				"Shop.Domain.Parcel..ctor",
			},
			"somebody else's message":             {[]string{library, "Shop.Domain.Parcel..ctor", "Shop.Handlers.OrderPlacedHandler.Handle"}, [2]string{"Partner.OrderPlaced"}, "Shop.Domain.Parcel..ctor"},
			"the library's message":               {[]string{library, "Shop.Domain.Parcel..ctor", "Shop.Handlers.Webhook.Handle", ""}, [2]string{root(library, 1) + "Event"}, "Shop.Domain.Parcel..ctor"},
			"entry point":                         {[]string{library, "System.String.Join", "Shop.Worker.<RunAsync>d__3.MoveNext"}, [2]string{}, "Shop.Worker.RunAsync"},
			"top-level statements":                {[]string{library, "Shop.Domain.Parcel..ctor", "Program.<<Main>$>g__HandleAsync|0_1"}, [2]string{}, "Shop.Domain.Parcel..ctor"},
			"top-level statements call a library": {[]string{library, "Program.<<Main>$>g__HandleAsync|0_1"}, [2]string{"Shop.OrderPlaced"}, "Program.HandleAsync"},
		} {
			if name == "top-level statements call a library" && !known(library) {
				continue // nothing tells an unknown name space from the team's
			}
			if got := first(New(nil, nil).Team(tt.stack, tt.types[0], tt.types[1]), tt.stack); got != tt.want {
				t.Errorf("%s, by %s: first own frame is %q, want %q", library, name, got, tt.want)
			}
		}
	}
}

// A team's name space may be that of a library: Stripe's at Stripe.
func TestATeamMayBeALibrarysMaker(t *testing.T) {
	for _, library := range libraries {
		space := root(library, 1)
		switch first, _, _ := strings.Cut(space, "."); first {
		case "System", "Microsoft", "Azure":
			space = first + ".Billing."
		case "CallSite":
			continue
		}
		stack := []string{"System.Guid.Parse", space + "Ledger.BookAsync", space + "Handlers.OrderPlacedHandler.<Handle>d__2.MoveNext", "Microsoft.Extensions.Hosting.Host.Run"}
		want := space + "Ledger.BookAsync"
		for name, types := range map[string][2]string{
			"message type": {space + "Contracts.OrderPlaced"},
			"handler":      {"OrderPlaced", space + "Handlers.OrderPlacedHandler"},
		} {
			if got := first(New(nil, nil).Team(stack, types[0], types[1]), stack); got != want {
				t.Errorf("by %s: first own frame is %q, want %q", name, got, want)
			}
		}
	}
}

func TestWhatIsConfiguredIsNotGuessed(t *testing.T) {
	stack := []string{"Acme.Library.Call", "Shop.Messaging.Send", "Other.Handler.Handle"}
	if got := first(New([]string{"Acme."}, nil).Team(stack, "Shop.OrderPlaced", ""), stack); got != "Acme.Library.Call" {
		t.Errorf("own: %q", got)
	}
	if got := first(New(nil, []string{"Shop.Messaging."}).Team(stack, "Shop.OrderPlaced", ""), stack); got != "" {
		t.Errorf("framework: %q", got)
	}
}

func TestRootsOfNames(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"Shop.Orders.OrderPlaced", "Shop."},
		{"Shop.OrderPlaced", "Shop."},
		{"OrderPlaced", ""},
		{"com.shop.orders.OrderPlaced", "com.shop."},
		{"uk.co.shop.OrderPlaced", "uk.co.shop."},
		{"Microsoft.Billing.Orders.OrderPlaced", "Microsoft.Billing."},
		{"System.String", ""},
		{"Shop.Changed[[Acme.Customer]]", "Shop."},
		{"shop.example/billing.Charge", "shop.example/"},
		{"github.com/shop/billing/ledger.Book", "github.com/shop/"},
		{"com.", ""},
		{"", ""},
	} {
		if got := root(tt.name, 1); got != tt.want {
			t.Errorf("root(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzTeam(f *testing.F) {
	f.Add("Shop.A.B\nStripe.C.D", "Shop.X", "github.com/a/b.C")
	f.Add("com.shop.A.b", "com..", "..")
	f.Fuzz(func(t *testing.T, stack, typ, handler string) {
		names := strings.Split(stack, "\n")
		c := New(nil, nil).Team(names, typ, handler)
		if again := c.Team(names, typ, handler); len(c.own) > 0 && len(again.own) != len(c.own) {
			t.Errorf("own %q, then %q", c.own, again.own)
		}
		for _, own := range c.own {
			if own == "" {
				t.Error("everything is own")
			}
		}
		for _, n := range names {
			c.IsOwn(n)
		}
	})
}

package frame

import "strings"

// roots are the first parts of name spaces that are nobody's own code: the
// runtime, the messaging frameworks, and the libraries met most often in
// handlers' traces. No such list is complete; [Code.Team] does without.
var roots = set(
	// the runtime of .NET
	"System", "Microsoft", "Azure", "Windows", "Mono", "Interop", "MS", "FSharp", "DynamicClass", "CallSite", "Xamarin",
	// messaging
	"Rebus", "NServiceBus", "MassTransit", "Automatonymous", "GreenPipes", "Wolverine", "JasperFx", "Paramore", "Dapr",
	"CloudNative", "RabbitMQ", "EasyNetQ", "Confluent", "MediatR", "Mediator", "Particular", "ServiceControl", "Brighter",
	"DotNetCore", "SlimMessageBus", "Silverback", "KafkaFlow", "JustSaying", "MQTTnet", "NetMQ", "Amqp", "Foundatio",
	// data
	"Dapper", "Npgsql", "MySql", "MySqlConnector", "Oracle", "OracleInternal", "FirebirdSql", "MongoDB", "Marten", "Raven",
	"NHibernate", "LinqToDB", "StackExchange", "Elasticsearch", "Elastic", "Nest", "EventStore", "Cassandra",
	"FluentMigrator", "EFCore", "Weasel", "SQLite", "RepoDb", "ServiceStack", "PetaPoco", "NPoco", "SqlKata", "Pomelo",
	"IBM", "Teradata", "Snowflake", "ClickHouse", "DuckDB", "LiteDB", "Neo4j", "Couchbase", "InfluxDB", "OpenSearch",
	"Algolia", "Meilisearch", "Typesense", "SolrNet", "Lucene", "Qdrant", "DbUp", "EntityFramework", "EntityFrameworkCore",
	"Remotion", "SqlSugar", "FreeSql", "FluentNHibernate", "ZiggyCreatures", "Enyim", "CacheManager", "EasyCaching",
	"RedLockNet", "Medallion", "NRedisStack", "Parquet", "CsvHelper", "ClosedXML", "OfficeOpenXml", "NPOI",
	// payment, mail, telephony, identity, the cloud
	"Stripe", "PayPal", "PayPalCheckoutSdk", "Braintree", "Adyen", "Mollie", "Plaid", "Worldpay", "Twilio", "SendGrid",
	"Mailgun", "MailChimp", "Mailjet", "Postmark", "PostmarkDotNet", "Sparkpost", "FluentEmail", "MailKit", "MimeKit",
	"Vonage", "MessageBird", "Plivo", "SlackNet", "Telegram", "Octokit", "Google", "Amazon", "Aws", "AWSSDK", "Firebase",
	"FirebaseAdmin", "Auth0", "Okta", "OpenAI", "Anthropic", "Salesforce", "HubSpot", "Shopify", "ShopifySharp",
	"Contentful", "Kubernetes", "k8s", "Docker", "Minio", "Renci", "IdentityModel", "IdentityServer4", "OpenIddict",
	"Duende", "LaunchDarkly", "Unleash", "ConfigCat", "VaultSharp", "Consul", "Pulumi",
	// guards, values, mapping, validation
	"Ardalis", "CommunityToolkit", "EnsureThat", "CuttingEdge", "FluentValidation", "FluentResults", "ErrorOr", "OneOf",
	"LanguageExt", "CSharpFunctionalExtensions", "Vogen", "Humanizer", "UnitsNet", "NodaTime", "AutoMapper", "Mapster",
	"AgileObjects", "ExpressMapper", "Riok", "Stateless", "Appccelerate", "MoreLinq", "NUlid", "Nito", "Validot",
	// serialization, HTTP, documents
	"Newtonsoft", "NJsonSchema", "NSwag", "Utf8Json", "Jil", "YamlDotNet", "MessagePack", "ProtoBuf", "MemoryPack", "Avro",
	"Hyperion", "Grpc", "MagicOnion", "RestSharp", "Refit", "RestEase", "Flurl", "GraphQL", "HotChocolate",
	"StrawberryShake", "WireMock", "HtmlAgilityPack", "AngleSharp", "Markdig", "Scriban", "Handlebars", "HandlebarsDotNet",
	"RazorLight", "DotLiquid", "QuestPDF", "iText", "iTextSharp", "PdfSharp", "PdfSharpCore", "SixLabors", "ImageMagick",
	"SkiaSharp", "ICSharpCode", "SharpCompress", "Ionic",
	// resilience, containers, hosts, logs
	"Polly", "Autofac", "Castle", "Lamar", "Ninject", "SimpleInjector", "StructureMap", "DryIoc", "LightInject", "Scrutor",
	"Serilog", "NLog", "log4net", "Hangfire", "Quartz", "Coravel", "Orleans", "Akka", "Temporalio", "Elsa", "WorkflowCore",
	"OpenTelemetry", "Sentry", "Datadog", "NewRelic", "Prometheus", "Bugsnag", "Raygun", "Mindscape", "Rollbar",
	"Exceptionless", "Steeltoe", "Volo", "Topshelf", "Nancy", "FastEndpoints", "Swashbuckle", "Finbuckle", "LazyCache",
	"Metalama", "PostSharp", "JetBrains", "Moq", "NSubstitute", "FakeItEasy", "Shouldly", "FluentAssertions", "Xunit",
	"NUnit", "Bogus", "AutoFixture", "BouncyCastle", "Sodium", "BCrypt",
	// other runtimes
	"java", "javax", "jakarta", "jdk", "sun", "kotlin", "kotlinx", "scala", "reactor", "node", "groovy", "clojure", "rx",
	"feign", "retrofit2", "okhttp3", "akka",
)

// deeper are name spaces of frameworks below a root that is too common to be
// theirs alone.
var deeper = []string{
	"Internal.Generated.", "Internal.Runtime.", "InvokeStub_", "lambda_method", "generatedProxy_",
	"com.azure.", "com.microsoft.", "com.fasterxml.", "com.google.", "org.springframework.", "org.apache.", "org.hibernate.", "org.postgresql.", "io.netty.",
	"com.zaxxer.", "com.sun.", "com.mysql.", "com.mongodb.", "com.stripe.", "com.amazonaws.", "com.rabbitmq.", "com.github.benmanes.", "org.aspectj.",
	"org.jboss.", "org.eclipse.", "org.slf4j.", "org.jooq.", "org.mybatis.", "org.axonframework.", "org.mapstruct.", "org.h2.", "org.elasticsearch.",
	"org.mariadb.", "org.redisson.", "io.micrometer.", "io.opentelemetry.", "io.vertx.", "io.quarkus.", "io.micronaut.", "io.grpc.", "io.lettuce.",
	"io.github.resilience4j.", "io.reactivex.", "io.smallrye.", "software.amazon.", "oracle.jdbc.", "oracle.net.", "ch.qos.logback.", "net.bytebuddy.",
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// known reports whether a frame belongs to a known framework or library.
func known(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	if roots[first] {
		return true
	}
	if made := strings.HasPrefix(name, "<") && !strings.HasPrefix(name, "<StartupCode$"); made {
		return true // by C#, for all of an assembly
	}
	for _, p := range deeper {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

package frame

import "strings"

// roots are the first parts of name spaces that are nobody's own code: the
// runtime, the messaging frameworks, and the libraries met most often in
// handlers' traces.
var roots = set(
	// .NET
	"System", "Microsoft", "Azure", "Windows", "Mono", "Interop", "MS", "FSharp", "DynamicClass",
	// messaging
	"Rebus", "NServiceBus", "MassTransit", "Automatonymous", "GreenPipes", "Wolverine", "JasperFx", "Paramore", "Dapr",
	"CloudNative", "RabbitMQ", "EasyNetQ", "Confluent", "MediatR", "Mediator", "Particular", "ServiceControl", "Brighter",
	// data
	"Dapper", "Npgsql", "MySql", "MySqlConnector", "Oracle", "FirebirdSql", "MongoDB", "Marten", "Raven", "NHibernate",
	"LinqToDB", "StackExchange", "Elasticsearch", "Nest", "EventStore", "Cassandra", "FluentMigrator", "EFCore", "Weasel", "SQLite",
	// the rest
	"FluentValidation", "Newtonsoft", "Polly", "Autofac", "Castle", "Lamar", "Ninject", "SimpleInjector", "StructureMap",
	"Serilog", "NLog", "log4net", "AutoMapper", "Mapster", "Grpc", "Google", "Amazon", "RestSharp", "Refit", "Flurl",
	"OpenTelemetry", "Hangfire", "Quartz", "HotChocolate", "GraphQL", "Orleans", "Akka", "NodaTime", "Sentry", "Datadog",
	"NewRelic", "SixLabors", "MailKit", "MimeKit", "Renci", "IdentityModel", "Duende", "Swashbuckle", "JetBrains", "Moq", "Xunit", "NUnit",
	// other runtimes
	"java", "javax", "jakarta", "jdk", "sun", "kotlin", "kotlinx", "scala", "reactor", "node",
)

// deeper are name spaces of frameworks below a root that is too common to be
// theirs alone.
var deeper = []string{
	"Internal.Generated.", "Internal.Runtime.", "InvokeStub_", "lambda_method", "generatedProxy_",
	"com.azure.", "com.microsoft.", "com.fasterxml.", "com.google.", "org.springframework.", "org.apache.", "org.hibernate.", "org.postgresql.", "io.netty.",
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

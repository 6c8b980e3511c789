package failure_test

import (
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

// Steps, behaviors and filters of the team lie below what the framework threw:
// they only went on to the next one.
func TestAStepThatGoesOnDidNotThrow(t *testing.T) {
	type props = map[string]any
	nsb := func(stack string) props {
		return props{"NServiceBus.FailedQ": "q", "NServiceBus.ExceptionInfo.ExceptionType": "Shop.A", "NServiceBus.ExceptionInfo.Message": "a", "NServiceBus.ExceptionInfo.StackTrace": "Shop.A: a\n" + stack}
	}
	mt := func(stack string) props {
		return props{"MT-Reason": "fault", "MT-Fault-ExceptionType": "Shop.A", "MT-Fault-Message": "a", "MT-Fault-StackTrace": stack}
	}
	for _, tt := range []struct {
		name       string
		properties props
		own        string
	}{
		{"Rebus, a body that cannot be read", props{"rbs2-msg-type": "Shop.A", "rbs2-error-details": "1 unhandled exceptions: " + stamp + ": Shop.A: a\n   at Rebus.Serialization.Json.SystemTextJsonSerializer.Deserialize(TransportMessage m)\n   at Rebus.Pipeline.Receive.DeserializeIncomingMessageStep.Process(IncomingStepContext context, Func`1 next)\n   at Shop.Infrastructure.TenantStep.Process(IncomingStepContext context, Func`1 next)\n   at Rebus.Retry.Simple.DefaultRetryStep.ProcessWithRetries()"}, ""},
		{"Rebus, no handler", props{"rbs2-msg-type": "Shop.A", "rbs2-error-details": "1 unhandled exceptions: " + stamp + ": Shop.A: a\n   at Rebus.Pipeline.Receive.DispatchIncomingMessageStep.Process(IncomingStepContext context, Func`1 next)\n   at Shop.Infrastructure.TenantStep.<Process>d__3.MoveNext()\n   at Shop.Infrastructure.BaseStep.Process(IncomingStepContext context, Func`1 next)\n   at Rebus.Retry.Simple.DefaultRetryStep.ProcessWithRetries()"}, ""},
		{"Rebus, sent from a handler through a step", props{"rbs2-msg-type": "Shop.A", "rbs2-error-details": "1 unhandled exceptions: " + stamp + ": Shop.A: a\n   at Rebus.AzureServiceBus.AzureServiceBusTransport.Send()\n   at Rebus.Pipeline.Send.SendOutgoingMessageStep.Process(OutgoingStepContext context, Func`1 next)\n   at Shop.Infrastructure.TenantStep.Process(OutgoingStepContext context, Func`1 next)\n   at Rebus.Bus.RebusBus.Send(Object commandMessage)\n" + handle + pipelineFrames}, "Shop.Billing.Handlers.Charge.Handle"},
		{"Rebus, a step that threw", props{"rbs2-msg-type": "Shop.A", "rbs2-error-details": "1 unhandled exceptions: " + stamp + ": Shop.A: a\n   at System.Guid.Parse(String s)\n   at Shop.Infrastructure.TenantStep.Process(IncomingStepContext context, Func`1 next)\n   at Rebus.Retry.Simple.DefaultRetryStep.ProcessWithRetries()"}, "Shop.Infrastructure.TenantStep.Process"},
		{"Rebus, a behavior of a mediator", props{"rbs2-msg-type": "Shop.A", "rbs2-error-details": "1 unhandled exceptions: " + stamp + ": Shop.A: a\n   at Microsoft.Extensions.DependencyInjection.ServiceProvider.GetService()\n   at MediatR.Wrappers.RequestHandlerWrapperImpl`1.Handle()\n   at Shop.LoggingBehavior`2.Handle(TRequest request, RequestHandlerDelegate`1 next, CancellationToken ct)\n   at MediatR.Mediator.Send()\n" + handle + pipelineFrames}, "Shop.Billing.Handlers.Charge.Handle"},
		{"NServiceBus, a body that cannot be read", nsb("   at NServiceBus.DeserializeMessageConnector.ExtractWithExceptionHandling(IncomingMessage message)\n   at Shop.TenantBehavior.Invoke(IIncomingPhysicalMessageContext context, Func`1 next)\n   at NServiceBus.ProcessingStatisticsBehavior.Invoke(IIncomingPhysicalMessageContext context, Func`2 next)"), ""},
		{"NServiceBus, no handler", nsb("   at NServiceBus.LoadHandlersConnector.Invoke(IIncomingLogicalMessageContext context, Func`2 stage)\n   at Shop.TenantBehavior.Invoke(IIncomingLogicalMessageContext context, Func`1 next)\n   at NServiceBus.Pipeline.Behavior`1.Invoke(TContext context, Func`2 next)"), ""},
		{"NServiceBus, sent from a handler", nsb("   at NServiceBus.UnicastSendRouterConnector.Invoke(IOutgoingSendContext context, Func`2 stage)\n   at Shop.TenantBehavior.Invoke(IOutgoingSendContext context, Func`1 next)\n   at NServiceBus.MessageOperations.Send()\n   at Shop.Handlers.ChargeHandler.Handle(OrderPlaced message, IMessageHandlerContext context)\n   at NServiceBus.InvokeHandlerTerminator.Terminate(IInvokeHandlerContext context)"), "Shop.Handlers.ChargeHandler.Handle"},
		{"MassTransit, no dependency", mt("   at Microsoft.Extensions.DependencyInjection.ServiceProvider.GetService()\n   at MassTransit.Middleware.ConsumerMessageFilter`2.MassTransit.IFilter<MassTransit.ConsumeContext<TMessage>>.Send(ConsumeContext`1 context, IPipe`1 next)\n   at Shop.Filters.TenantFilter`1.Send(ConsumeContext`1 context, IPipe`1 next)\n   at MassTransit.Middleware.ScopedConsumeFilter`2.Send(ConsumeContext`1 context, IPipe`1 next)"), ""},
		{"MassTransit, published from a consumer", mt("   at MassTransit.AzureServiceBusTransport.ServiceBusSendTransportContext.Send()\n   at Shop.Filters.TenantPublishFilter`1.Send(PublishContext`1 context, IPipe`1 next)\n   at MassTransit.Transports.PublishEndpoint.Publish()\n   at Shop.ChargeConsumer.Consume(ConsumeContext`1 context)\n   at MassTransit.DependencyInjection.ScopeConsumerFactory`1.Send[TMessage](ConsumeContext`1 context, IPipe`1 next)"), "Shop.ChargeConsumer.Consume"},
		{"Wolverine, in code that it made", props{"exception-type": "Shop.A", "exception-message": "a", "failed-at": "1", "exception-stack": "   at Internal.Generated.WolverineHandlers.OrderPlacedHandler1.HandleAsync(MessageContext context)\n   at Shop.TenantMiddleware.Invoke()\n   at Wolverine.Runtime.Handlers.Executor.InvokeAsync()"}, ""},
		{"Functions, a middleware", props{"DeadLetterErrorDescription": "Shop.A: a\n   at Microsoft.Azure.Functions.Worker.Converters.DefaultInputConverter.Convert()\n   at Shop.TenantMiddleware.Invoke(FunctionContext context, FunctionExecutionDelegate next)\n   at Microsoft.Azure.Functions.Worker.Middleware.MiddlewareExtensions.Run()"}, ""},
	} {
		for name, cfg := range map[string]failure.Config{"by default": {}, "own listed": {Own: []string{"Shop."}}} {
			for _, lineEnd := range []string{"\n", "\r\n"} {
				properties := props{}
				for k, v := range tt.properties {
					properties[k] = strings.ReplaceAll(v.(string), "\n", lineEnd)
				}
				got := failure.NewReader(cfg).Read(&message.Message{Properties: properties}, enqueued)
				if got.FirstOwnFrame != tt.own {
					t.Errorf("%s, %s: first own frame is %q, want %q", tt.name, name, got.FirstOwnFrame, tt.own)
				}
			}
		}
	}
}

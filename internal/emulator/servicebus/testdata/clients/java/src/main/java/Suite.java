import com.azure.core.amqp.AmqpRetryOptions;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.ServiceBusSessionReceiverClient;
import com.azure.messaging.servicebus.ServiceBusTransactionContext;
import com.azure.messaging.servicebus.models.AbandonOptions;
import com.azure.messaging.servicebus.models.CompleteOptions;
import com.azure.messaging.servicebus.models.DeadLetterOptions;
import com.azure.messaging.servicebus.models.ServiceBusReceiveMode;
import com.azure.messaging.servicebus.models.SubQueue;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the client azure-messaging-servicebus must be able to do with the emulator. Environment:
 * SERVICEBUS (connection string), CONTROL (where faults and the clock are turned).
 */
public final class Suite {
  private static final ServiceBusClientBuilder CLIENTS =
      new ServiceBusClientBuilder()
          .connectionString(System.getenv("SERVICEBUS"))
          .retryOptions(new AmqpRetryOptions().setMaxRetries(3).setDelay(Duration.ofMillis(100)).setTryTimeout(Duration.ofSeconds(5)));

  private interface Check {
    void run() throws Exception;
  }

  public static void main(String[] args) {
    Map<String, Check> checks = new java.util.LinkedHashMap<>();
    checks.put("send, batch, peek, receive and complete", Suite::basics);
    checks.put("abandon until it is a dead letter", Suite::abandon);
    checks.put("dead-letter with a reason", Suite::deadLetter);
    checks.put("defer and receive by number", Suite::defer);
    checks.put("schedule and cancel", Suite::schedule);
    checks.put("locks are renewed and lost", Suite::locks);
    checks.put("receive and delete", Suite::receiveAndDelete);
    checks.put("duplicates are dropped", Suite::duplicates);
    checks.put("forwarding", Suite::forwarding);
    checks.put("sessions", Suite::sessions);
    checks.put("transactions", Suite::transactions);
    checks.put("transactions over entities", Suite::crossEntityTransactions);
    checks.put("what is not there is said", Suite::missing);
    checks.put("a dropped connection and a detached link are made again", Suite::faults);
    int failed = 0;
    for (Map.Entry<String, Check> check : checks.entrySet()) {
      try {
        check.getValue().run();
        System.out.println("ok      " + check.getKey());
      } catch (Throwable e) {
        failed++;
        System.out.println("FAILED  " + check.getKey());
        e.printStackTrace(System.out);
      }
    }
    System.out.printf("%d passed, %d failed%n", checks.size() - failed, failed);
    System.exit(failed == 0 ? 0 : 1);
  }

  private static void basics() {
    try (ServiceBusSenderClient sender = sender("plain"); ServiceBusReceiverClient receiver = receiver("plain")) {
      ServiceBusMessage one = new ServiceBusMessage("one").setSubject("s");
      one.getApplicationProperties().put("n", 1);
      sender.sendMessage(one);
      sender.sendMessages(List.of(new ServiceBusMessage("two"), new ServiceBusMessage("three")));
      equal(bodies(receiver.peekMessages(10)), List.of("one", "two", "three"));
      List<ServiceBusReceivedMessage> got = take(receiver, 3);
      equal(got.get(0).getSubject(), "s");
      equal(got.get(0).getApplicationProperties().get("n"), 1);
      got.forEach(receiver::complete);
      equal(bodies(receiver.peekMessages(1)), List.of());
    }
  }

  private static void abandon() {
    send("plain", "poison");
    try (ServiceBusReceiverClient receiver = receiver("plain"); ServiceBusReceiverClient dead = dead("plain")) {
      for (long i = 0; i < 3; i++) {
        ServiceBusReceivedMessage m = take(receiver, 1).get(0);
        equal(m.getDeliveryCount(), i);
        receiver.abandon(m, new AbandonOptions().setPropertiesToModify(Map.of("tried", i)));
      }
      ServiceBusReceivedMessage m = take(dead, 1).get(0);
      equal(m.getDeadLetterReason(), "MaxDeliveryCountExceeded");
      equal(m.getApplicationProperties().get("tried"), 2L);
      dead.complete(m);
    }
  }

  private static void deadLetter() {
    send("plain", "bad");
    try (ServiceBusReceiverClient receiver = receiver("plain"); ServiceBusReceiverClient dead = dead("plain")) {
      receiver.deadLetter(
          take(receiver, 1).get(0), new DeadLetterOptions().setDeadLetterReason("why").setDeadLetterErrorDescription("because"));
      ServiceBusReceivedMessage m = take(dead, 1).get(0);
      equal(m.getDeadLetterReason() + m.getDeadLetterErrorDescription(), "whybecause");
      dead.complete(m);
    }
  }

  private static void defer() {
    send("plain", "later");
    try (ServiceBusReceiverClient receiver = receiver("plain")) {
      ServiceBusReceivedMessage m = take(receiver, 1).get(0);
      receiver.defer(m);
      ServiceBusReceivedMessage again = receiver.receiveDeferredMessage(m.getSequenceNumber());
      equal(again.getBody().toString(), "later");
      receiver.complete(again);
    }
  }

  private static void schedule() {
    try (ServiceBusSenderClient sender = sender("plain"); ServiceBusReceiverClient receiver = receiver("plain")) {
      OffsetDateTime tomorrow = OffsetDateTime.now().plusDays(1);
      long keep = sender.scheduleMessage(new ServiceBusMessage("keep"), tomorrow);
      long cancel = sender.scheduleMessage(new ServiceBusMessage("cancel"), tomorrow);
      sender.cancelScheduledMessage(cancel);
      equal(bodies(receiver.peekMessages(10)), List.of("keep"));
      sender.cancelScheduledMessage(keep);
    }
  }

  private static void locks() throws Exception {
    send("plain", "locked");
    try (ServiceBusReceiverClient receiver = receiver("plain")) {
      ServiceBusReceivedMessage m = take(receiver, 1).get(0);
      OffsetDateTime before = m.getLockedUntil();
      control("clock", "{\"advance\":\"5s\"}");
      equal(receiver.renewMessageLock(m).isAfter(before), true);
      control("clock", "{\"advance\":\"2m\"}");
      refused("locks", () -> receiver.complete(m), "LOCK_LOST");
      ServiceBusReceivedMessage again = take(receiver, 1).get(0);
      equal(again.getDeliveryCount(), 1L);
      receiver.complete(again);
    }
  }

  private static void receiveAndDelete() {
    send("plain", "a", "b");
    try (ServiceBusReceiverClient receiver =
        CLIENTS.receiver().queueName("plain").receiveMode(ServiceBusReceiveMode.RECEIVE_AND_DELETE).buildClient()) {
      equal(bodies(take(receiver, 2)), List.of("a", "b"));
      equal(bodies(receiver.peekMessages(1)), List.of());
    }
  }

  private static void duplicates() {
    try (ServiceBusSenderClient sender = sender("unique"); ServiceBusReceiverClient receiver = receiver("unique")) {
      sender.sendMessage(new ServiceBusMessage("1").setMessageId("same"));
      sender.sendMessage(new ServiceBusMessage("2").setMessageId("same"));
      equal(bodies(receiver.peekMessages(10)), List.of("1"));
    }
  }

  private static void forwarding() {
    send("first", "through");
    try (ServiceBusReceiverClient receiver = receiver("last")) {
      ServiceBusReceivedMessage m = take(receiver, 1).get(0);
      equal(m.getBody().toString(), "through");
      receiver.complete(m);
    }
  }

  private static void sessions() throws Exception {
    try (ServiceBusSenderClient sender = sender("sessions");
        ServiceBusSessionReceiverClient clients = CLIENTS.sessionReceiver().disableAutoComplete().queueName("sessions").buildClient()) {
      for (String body : List.of("a1", "b1", "a2")) {
        sender.sendMessage(new ServiceBusMessage(body).setSessionId(body.substring(0, 1)));
      }
      refused("sessions", () -> send("sessions", "no session"), "");
      ServiceBusReceiverClient a = clients.acceptSession("a");
      ServiceBusReceiverClient next = clients.acceptNextSession();
      equal(next.getSessionId(), "b");
      List<ServiceBusReceivedMessage> got = take(a, 2);
      equal(bodies(got), List.of("a1", "a2"));
      a.setSessionState("half way".getBytes());
      equal(new String(a.getSessionState()), "half way");
      OffsetDateTime before = a.renewSessionLock();
      control("clock", "{\"advance\":\"5s\"}");
      equal(a.renewSessionLock().isAfter(before), true);
      got.forEach(a::complete);
      next.complete(take(next, 1).get(0));
      next.close();
      a.close();
    }
  }

  private static void transactions() throws Exception {
    try (ServiceBusSenderClient sender = sender("plain"); ServiceBusReceiverClient receiver = receiver("plain")) {
      ServiceBusTransactionContext lost = sender.createTransaction();
      sender.sendMessage(new ServiceBusMessage("lost"), lost);
      sender.rollbackTransaction(lost);
      equal(bodies(receiver.peekMessages(10)), List.of());
      ServiceBusTransactionContext kept = sender.createTransaction();
      sender.sendMessage(new ServiceBusMessage("kept"), kept);
      equal(bodies(receiver.peekMessages(10)), List.of());
      sender.commitTransaction(kept);
      ServiceBusReceivedMessage m = take(receiver, 1).get(0);
      equal(m.getBody().toString(), "kept");
      ServiceBusTransactionContext back = receiver.createTransaction();
      receiver.complete(m, new CompleteOptions().setTransactionContext(back));
      receiver.rollbackTransaction(back);
      control("clock", "{\"advance\":\"2m\"}"); // the client takes the message for settled: its lock has to end
      receiver.complete(take(receiver, 1).get(0));
    }
  }

  private static void crossEntityTransactions() {
    ServiceBusClientBuilder builder =
        new ServiceBusClientBuilder().connectionString(System.getenv("SERVICEBUS")).enableCrossEntityTransactions();
    send("plain", "in");
    try (ServiceBusReceiverClient receiver = builder.receiver().disableAutoComplete().queueName("plain").buildClient();
        ServiceBusSenderClient sender = builder.sender().queueName("other").buildClient();
        ServiceBusReceiverClient other = receiver("other")) {
      ServiceBusReceivedMessage m = take(receiver, 1).get(0);
      ServiceBusTransactionContext tx = receiver.createTransaction();
      sender.sendMessage(new ServiceBusMessage("out"), tx);
      receiver.complete(m, new CompleteOptions().setTransactionContext(tx));
      equal(bodies(other.peekMessages(10)), List.of());
      receiver.commitTransaction(tx);
      ServiceBusReceivedMessage out = take(other, 1).get(0);
      equal(out.getBody().toString(), "out");
      other.complete(out);
      equal(bodies(receiver.peekMessages(10)), List.of());
    }
  }

  private static void missing() {
    refused("missing", () -> send("nowhere", "x"), "ENTITY_NOT_FOUND");
  }

  private static void faults() throws Exception {
    try (ServiceBusSenderClient sender = sender("plain"); ServiceBusReceiverClient receiver = receiver("plain")) {
      sender.sendMessage(new ServiceBusMessage("1"));
      control("faults", "{\"kind\":\"drop\",\"times\":1}");
      sender.sendMessage(new ServiceBusMessage("2"));
      control("faults", "{\"kind\":\"detachForced\",\"entity\":\"plain\",\"times\":1}");
      sender.sendMessage(new ServiceBusMessage("3"));
      List<ServiceBusReceivedMessage> got = take(receiver, 3);
      equal(bodies(got).stream().sorted().toList(), List.of("1", "2", "3"));
      got.forEach(receiver::complete);
    }
  }

  private static ServiceBusSenderClient sender(String queue) {
    return CLIENTS.sender().queueName(queue).buildClient();
  }

  private static ServiceBusReceiverClient receiver(String queue) {
    return CLIENTS.receiver().disableAutoComplete().queueName(queue).buildClient();
  }

  private static ServiceBusReceiverClient dead(String queue) {
    return CLIENTS.receiver().disableAutoComplete().queueName(queue).subQueue(SubQueue.DEAD_LETTER_QUEUE).buildClient();
  }

  private static void send(String queue, String... bodies) {
    try (ServiceBusSenderClient sender = sender(queue)) {
      for (String body : bodies) {
        sender.sendMessage(new ServiceBusMessage(body));
      }
    }
  }

  private static List<ServiceBusReceivedMessage> take(ServiceBusReceiverClient receiver, int n) {
    List<ServiceBusReceivedMessage> all = new ArrayList<>();
    while (all.size() < n) {
      int before = all.size();
      receiver.receiveMessages(n - before, Duration.ofSeconds(5)).forEach(all::add);
      if (all.size() == before) {
        throw new AssertionError("received " + before + " of " + n);
      }
    }
    return all;
  }

  private static List<String> bodies(Iterable<ServiceBusReceivedMessage> messages) {
    List<String> all = new ArrayList<>();
    messages.forEach(m -> all.add(m.getBody().toString()));
    return all;
  }

  private static void equal(Object got, Object want) {
    if (!want.equals(got)) {
      throw new AssertionError("got " + got + ", want " + want);
    }
  }

  private static void refused(String what, Runnable call, String why) {
    try {
      call.run();
    } catch (ServiceBusException e) {
      if (!e.getReason().toString().contains(why)) {
        throw new AssertionError(what + ": refused for another reason", e);
      }
      return;
    }
    throw new AssertionError(what + ": not refused");
  }

  private static void control(String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(System.getenv("CONTROL") + "/_control/servicebus/" + path))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    equal(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode(), 200);
  }
}

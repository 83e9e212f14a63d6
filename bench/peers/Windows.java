import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The pipeline's 15-second windows as a Kafka Streams job: the same input, exactly once, changelog
 * on, a commit a second, everything else at its default. It writes no results.
 *
 * Arguments: brokers, application id, topic, state folder, file of the Avro schema, threads. When
 * its standard input ends and it has its state, it says how many windows and trades its store holds
 * and what it has restored, and stops.
 */
public final class Windows {
  private static final String STORE = "windows";

  private record Trade(double price, double volume, long timeMs) {}

  /** As the pipeline's: what a candle needs. */
  private record Window(
      long count, double volume, double priceVolume,
      double open, long openMs, double high, double low, double close, long closeMs) {

    static final Window EMPTY = new Window(0, 0, 0, 0, Long.MAX_VALUE, -1e308, 1e308, 0, Long.MIN_VALUE);

    Window plus(Trade trade) {
      boolean first = trade.timeMs < openMs;
      boolean last = trade.timeMs >= closeMs;
      return new Window(
          count + 1, volume + trade.volume, priceVolume + trade.price * trade.volume,
          first ? trade.price : open, first ? trade.timeMs : openMs,
          Math.max(high, trade.price), Math.min(low, trade.price),
          last ? trade.price : close, last ? trade.timeMs : closeMs);
    }
  }

  private static Serde<Window> windows() {
    return Serdes.serdeFrom(
        (topic, w) -> ByteBuffer.allocate(72)
            .putLong(w.count).putDouble(w.volume).putDouble(w.priceVolume)
            .putDouble(w.open).putLong(w.openMs).putDouble(w.high).putDouble(w.low)
            .putDouble(w.close).putLong(w.closeMs).array(),
        (topic, bytes) -> {
          ByteBuffer b = ByteBuffer.wrap(bytes);
          return new Window(
              b.getLong(), b.getDouble(), b.getDouble(), b.getDouble(), b.getLong(),
              b.getDouble(), b.getDouble(), b.getDouble(), b.getLong());
        });
  }

  /** Values in Confluent's frame: a zero, four bytes of schema id, Avro. */
  private static Deserializer<List<Trade>> trades(Schema schema) {
    GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema);
    return new Deserializer<>() {
      private BinaryDecoder decoder;
      private GenericRecord reused;

      @Override
      public List<Trade> deserialize(String topic, byte[] bytes) {
        try {
          decoder = DecoderFactory.get().binaryDecoder(bytes, 5, bytes.length - 5, decoder);
          reused = reader.read(reused, decoder);
          List<Trade> trades = new ArrayList<>();
          for (Object item : (List<?>) reused.get("data")) {
            GenericRecord trade = (GenericRecord) item;
            trades.add(new Trade((Double) trade.get("p"), (Double) trade.get("v"), (Long) trade.get("t")));
          }
          return trades;
        } catch (java.io.IOException cause) {
          throw new java.io.UncheckedIOException(cause);
        }
      }
    };
  }

  /** A trade of each record, at its own time. */
  private static final class Split extends ContextualFixedKeyProcessor<String, List<Trade>, Trade> {
    @Override
    public void process(FixedKeyRecord<String, List<Trade>> record) {
      for (Trade trade : record.value()) {
        context().forward(record.withValue(trade).withTimestamp(trade.timeMs));
      }
    }
  }

  /** How many records were restored, and from when to when. */
  private static final class Restored implements StateRestoreListener {
    final AtomicLong records = new AtomicLong();
    final AtomicLong fromNanos = new AtomicLong();
    final AtomicLong toNanos = new AtomicLong();

    @Override
    public void onRestoreStart(TopicPartition partition, String store, long from, long to) {
      fromNanos.compareAndSet(0, System.nanoTime());
    }

    @Override
    public void onBatchRestored(TopicPartition partition, String store, long end, long count) {
      records.addAndGet(count);
    }

    @Override
    public void onRestoreEnd(TopicPartition partition, String store, long total) {
      toNanos.set(System.nanoTime());
    }
  }

  public static void main(String[] args) throws Exception {
    Schema schema = new Schema.Parser().parse(new java.io.File(args[4]));
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[1]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, args[3]);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, Integer.parseInt(args[5]));
    settings.put("replication.factor", 1);
    settings.put("auto.offset.reset", "earliest");

    StreamsBuilder builder = new StreamsBuilder();
    builder
        .stream(args[2], Consumed.with(Serdes.String(), Serdes.serdeFrom((t, v) -> null, trades(schema))))
        .processValues(Split::new)
        .groupByKey(Grouped.with(Serdes.String(), null))
        .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(15), Duration.ofSeconds(60)))
        .aggregate(
            () -> Window.EMPTY,
            (symbol, trade, window) -> window.plus(trade),
            Materialized.<String, Window, WindowStore<Bytes, byte[]>>as(STORE)
                .withKeySerde(Serdes.String())
                .withValueSerde(windows())
                .withRetention(Duration.ofDays(1))
                // The broker would delete these records, whose time is that of old trades.
                .withLoggingEnabled(Map.of("retention.ms", "-1")));

    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    Restored restored = new Restored();
    streams.setGlobalStateRestoreListener(restored);
    streams.start();
    while (System.in.read() >= 0) {}
    while (streams.state() != KafkaStreams.State.RUNNING) Thread.sleep(10);
    long windows = 0;
    long trades = 0;
    var store = streams.store(
        StoreQueryParameters.fromNameAndType(STORE, QueryableStoreTypes.<String, Window>windowStore()));
    try (var all = store.fetchAll(Instant.EPOCH, Instant.now())) {
      while (all.hasNext()) {
        windows += 1;
        trades += all.next().value.count;
      }
    }
    double restoreMs = (restored.toNanos.get() - restored.fromNanos.get()) / 1e6;
    System.out.println(
        "{\"windows\":" + windows + ",\"trades\":" + trades
            + ",\"restored\":" + restored.records + ",\"restoreMs\":" + restoreMs + "}");
    streams.close(Duration.ofSeconds(60));
    System.exit(0);
  }
}

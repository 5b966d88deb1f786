import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.strimzi.api.kafka.model.kafka.Kafka;
import io.strimzi.api.kafka.model.nodepool.KafkaNodePool;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import io.strimzi.api.kafka.model.user.KafkaUser;
import java.util.Iterator;
import java.util.Map;

/** Reads manifests (stdin) into Strimzi's own classes; whatever these do not take up is a field that Strimzi would ignore. */
class Check {
    private static final Map<String, Class<?>> KINDS = Map.of(
        "Kafka", Kafka.class, "KafkaNodePool", KafkaNodePool.class,
        "KafkaTopic", KafkaTopic.class, "KafkaUser", KafkaUser.class);

    public static void main(String[] arguments) throws Exception {
        ObjectMapper yaml = new ObjectMapper(new YAMLFactory());
        yaml.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
        Iterator<JsonNode> documents = yaml.readerFor(JsonNode.class).readValues(System.in);
        int checked = 0;
        boolean failed = false;
        while (documents.hasNext()) {
            JsonNode document = documents.next();
            if (!document.path("apiVersion").asText().startsWith("kafka.strimzi.io/")) {
                continue;
            }
            String kind = document.path("kind").asText();
            String name = kind + " " + document.path("metadata").path("name").asText();
            try {
                Object read = yaml.treeToValue(document, KINDS.get(kind));
                checked++;
                failed |= ignored(name, read);
            } catch (Exception error) {
                System.err.println(name + ": " + error.getMessage());
                failed = true;
            }
        }
        if (failed || checked == 0) {
            System.exit(1);
        }
        System.out.println(checked + " resources");
    }

    /** Says which properties Strimzi keeps as unknown ones, wherever they are. */
    private static boolean ignored(String path, Object read) throws Exception {
        boolean found = false;
        if (read instanceof Iterable<?> several) {
            for (Object one : several) {
                found |= ignored(path, one);
            }
            return found;
        }
        if (read == null || !read.getClass().getName().startsWith("io.strimzi.") || read instanceof Enum) {
            return false;
        }
        for (var method : read.getClass().getMethods()) {
            if (method.getParameterCount() != 0 || !method.getName().startsWith("get")
                || method.getDeclaringClass() == Object.class) {
                continue;
            }
            Object value = method.invoke(read);
            if (method.getName().equals("getAdditionalProperties") && value instanceof Map<?, ?> more && !more.isEmpty()) {
                System.err.println(path + ": Strimzi does not know " + more.keySet());
                found = true;
            } else if (method.getDeclaringClass().getName().startsWith("io.strimzi.")) {
                found |= ignored(path + "." + method.getName().substring(3), value);
            }
        }
        return found;
    }
}

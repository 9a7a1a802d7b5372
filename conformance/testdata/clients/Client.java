import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Two requests of java.net.http: the second after a line on stdin. */
public class Client {
    public static void main(String[] args) throws Exception {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.valueOf(args[0])).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(args[1])).build();
        for (int i = 0; i < 2; i++) {
            HttpResponse<String> res = client.send(request, HttpResponse.BodyHandlers.ofString());
            System.out.println(res.statusCode() + " " + res.body().trim());
            if (i == 0) {
                new BufferedReader(new InputStreamReader(System.in)).readLine();
            }
        }
        System.exit(0);
    }
}

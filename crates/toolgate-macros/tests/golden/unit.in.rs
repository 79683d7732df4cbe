/** Answer with the time
 * on the server.
 *
 * It is in UTC. */
#[derive(Tool)]
struct Utf8Clock;

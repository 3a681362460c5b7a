// `import Redis from "cloakroom/redis"` is the class, as it is of ioredis: the same one that `require` gets.
import Redis from "../dist/redis.js";

export const { createClient } = Redis;
export { Redis };
export default Redis;

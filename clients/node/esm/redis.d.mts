export * from "../dist/redis.js";
export { Redis as default } from "../dist/redis.js";

// For compilers that look no subpath up in package.json's exports.
export * from "./dist/redis.js";
export { default } from "./dist/redis.js";

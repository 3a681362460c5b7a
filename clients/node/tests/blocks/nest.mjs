// Stand-ins for as much of Nest and TypeORM as the blocks of its applications use.

const redisModule = `import Redis from "cloakroom/redis";
export class RedisModule {
  static forRoot({ url }) {
    return { module: RedisModule, redis: new Redis(url) };
  }
}`;
const redisModuleTypes = `import Redis from "cloakroom/redis";
export class RedisModule {
  static forRoot(options: { url: string }): { module: typeof RedisModule; redis: Redis };
}`;

// Numbers what is saved, and is out of order for once when it has a fault.
const repository = `export class Repository {
  saved = [];
  async save(entity) {
    const { fault } = this;
    this.fault = undefined;
    if (fault !== undefined) throw fault;
    return { ...entity, id: this.saved.push(entity) };
  }
}`;
const repositoryTypes = `export class Repository<E> {
  saved: E[];
  fault: Error | undefined;
  save(entity: any): Promise<E & { id: number }>;
}`;

/** By package and subpath. */
export const nestPackages = {
  "@nestjs/common": {
    ".": {
      code: `export const Module = (metadata) => (target) => void Object.assign(target, { metadata });
export const Injectable = () => () => undefined;`,
      types: `export function Module(metadata: object): ClassDecorator;
export function Injectable(): ClassDecorator;`,
    },
  },
  "@nestjs/typeorm": {
    ".": {
      code: "export const InjectRepository = () => () => undefined;",
      types: "export function InjectRepository(entity: unknown): ParameterDecorator;",
    },
  },
  "@nestjs-modules/ioredis": {
    ".": {
      code: `export { Redis } from "cloakroom/redis";\nexport const InjectRedis = () => () => undefined;`,
      types: `export { Redis } from "cloakroom/redis";\nexport function InjectRedis(): ParameterDecorator;`,
    },
  },
  "nestjs-redis": { ".": { code: redisModule, types: redisModuleTypes } },
  "typeorm": { ".": { code: repository, types: repositoryTypes } },
};

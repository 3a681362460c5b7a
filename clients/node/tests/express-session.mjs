// A stand-in for express-session, as far as its README says what a store meets: Debian does not have the package.
import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";

class Cookie {
  constructor({ maxAge, originalMaxAge = maxAge ?? null, expires } = {}) {
    this.path = "/";
    this.httpOnly = true;
    this.originalMaxAge = originalMaxAge;
    this.expires = expires ? new Date(expires) : null;
    if (expires === undefined) this.reset();
  }

  reset() {
    this.expires = this.originalMaxAge === null ? null : new Date(Date.now() + this.originalMaxAge);
  }

  toJSON() {
    return { ...this };
  }
}

class Session {
  constructor(request, data) {
    Object.defineProperty(this, "req", { value: request });
    Object.defineProperty(this, "id", { value: request.sessionID });
    Object.assign(this, data);
  }

  touch() {
    this.cookie.reset();
    return this;
  }

  save(callback = () => undefined) {
    this.req.sessionStore.set(this.id, this, callback);
  }

  reload(callback) {
    this.req.sessionStore.get(this.id, (fault, data) => {
      if (fault || !data) return callback(fault ?? new Error("failed to load session"));
      this.req.sessionStore.createSession(this.req, data);
      callback();
    });
  }

  destroy(callback) {
    delete this.req.session;
    this.req.sessionStore.destroy(this.id, callback);
  }

  regenerate(callback) {
    this.req.sessionStore.regenerate(this.req, callback);
  }
}

class Store extends EventEmitter {
  regenerate(request, callback) {
    this.destroy(request.sessionID, (fault) => {
      this.generate(request);
      callback(fault);
    });
  }

  load(sid, callback) {
    this.get(sid, (fault, data) => {
      if (fault || !data) return callback(fault);
      callback(undefined, this.createSession({ sessionID: sid, sessionStore: this }, data));
    });
  }

  createSession(request, data) {
    const cookie = new Cookie(data.cookie);
    return (request.session = new Session(request, { ...data, cookie }));
  }
}

/** The middleware without cookies and HTTP: a request with a session, and what its end does. */
export default function session({ store, cookie = {} }) {
  store.generate = (request) => {
    request.sessionID = randomUUID();
    request.session = new Session(request, { cookie: new Cookie(cookie) });
  };
  const text = ({ cookie: _, ...data }) => JSON.stringify(data);
  return {
    begin(sid) {
      return new Promise((resolve, reject) => {
        const request = { sessionID: sid, sessionStore: store };
        const generate = () => {
          store.generate(request);
          resolve(request);
        };
        if (sid === undefined) return generate();
        store.get(sid, (fault, data) => {
          if (fault) return reject(fault);
          if (!data) return generate();
          store.createSession(request, data);
          request.before = text(request.session);
          resolve(request);
        });
      });
    },
    end(request) {
      return new Promise((resolve, reject) => {
        const done = (fault) => (fault ? reject(fault) : resolve());
        if (request.session === undefined) return resolve();
        request.session.touch();
        if (text(request.session) !== request.before) request.session.save(done);
        else store.touch(request.sessionID, request.session, done);
      });
    },
  };
}
session.Store = Store;

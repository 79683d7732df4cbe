// Loaded before the harness: what it listens with itself is reachable from this machine alone.
'use strict';

const { Server } = require('node:net');

// Where every way to listen ends. Naming a host to `listen` would look it up first, and the harness
// asks for the port before that is done.
const bind = Server.prototype._listen2;
if (typeof bind !== 'function') throw new Error('this Node binds its listeners in another way');

Server.prototype._listen2 = function (address, port, family, ...rest) {
  // Paths and inherited descriptors have no port.
  return port >= 0
    ? bind.call(this, '127.0.0.1', port, 4, ...rest)
    : bind.call(this, address, port, family, ...rest);
};

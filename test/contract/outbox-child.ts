/**
 * A node that only sends: `node outbox-child.ts <redis url> <smtp port> <lease in seconds>`. It works until it is
 * killed.
 */
import { openRedis } from '../../src/stores/redis/redis.ts';
import { localSmtp, testOutbox } from '../support/messages/outbox.ts';
import { longPatience } from '../support/stores/redis.ts';

const [url = '', port = '', lease = ''] = process.argv.slice(2);
const store = openRedis({ url, patience: longPatience });
testOutbox(store, { channel: localSmtp(Number(port), Number(lease) * 1000), lease: Number(lease) }).worker.start();
setInterval(() => {}, 1000);

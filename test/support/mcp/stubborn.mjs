// Minds neither the end of its input nor a polite signal.
import { serve } from './rpc.mjs';

process.on('SIGTERM', () => undefined);
setInterval(() => undefined, 1000);
serve();

/** The executable: the only place that ends the process. */
import { run } from "./cmd/run.ts";
import { realContext } from "./cmd/terminal.ts";

Deno.exit(await run(Deno.args, realContext(Deno.exit)));

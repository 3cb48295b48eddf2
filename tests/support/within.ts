/** A watchdog on real time: what should happen on a real socket either happens, or fails by name. */

/** Generous for a busy machine; a passing test never waits for it. */
const LIMIT_MS = 10_000;

/** `promise`, or an error that names what did not happen. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`This did not happen: ${what}`)),
    LIMIT_MS,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

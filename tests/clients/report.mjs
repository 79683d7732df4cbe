// How a script tells its reader what it found: one line for each cell of the table,
// `PASS`, `FAIL` or `CANNOT`, then `<check>: <what was seen, or why not>`.
// Wants SCENE in the environment and a standard input that stays open: a script ends with it.

const PATIENCE_MS = 15_000;

export const scene = JSON.parse(process.env.SCENE ?? 'null');
if (!scene) throw new Error('SCENE is needed');

// Whoever started this is gone; what this started must not stay.
process.stdin.on('end', () => process.exit(1)).resume();

const tell = (verdict, name, text) =>
  console.log(`${verdict} ${name}: ${String(text).replace(/\s+/g, ' ').trim().slice(0, 300)}`);

// Runs one check, bounded, and gives what it gave; `said` is what the table tells of it.
export async function check(name, body) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    const { said, value } = await Promise.race([body(), late]);
    tell('PASS', name, said);
    return value;
  } catch (error) {
    tell('FAIL', name, told(error));
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

export const cannot = (name, why) => tell('CANNOT', name, why);

// What went wrong, with what lies beneath.
export function told(error) {
  const texts = [];
  for (let it = error; it && texts.length < 4; it = it.cause) texts.push(it.message ?? String(it));
  return texts.join(' < ');
}

// What came so far; whoever waits looks at it again with everything that comes.
export class Heard extends Array {
  push(...more) {
    const length = super.push(...more);
    this.wake?.();
    return length;
  }

  async until(enough) {
    while (!enough(this)) await new Promise((wake) => (this.wake = wake));
  }
}

// The true MicroPython of npm's @micropython/micropython-webassembly-pyscript on
// standard input and output: node rawrepl.mjs FOLDER [paste=1]. That build has
// no standard input of its own, so with paste=1 this host takes raw-paste, window
// 128, and gives the text to the interpreter's raw REPL; else raw-paste is refused.
import { pathToFileURL } from 'node:url';
import { writeSync } from 'node:fs';

const [folder, ...options] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(folder + '/micropython.mjs'));
let swallow = 0;
let pending = [];
const flush = () => {
  let p = Buffer.from(pending);
  pending = [];
  while (p.length) {
    try {
      p = p.subarray(writeSync(1, p));
    } catch (e) {
      if (e.code !== 'EAGAIN') throw e;
    }
  }
};
const print = (data) => {
  for (const b of data) {
    if (swallow > 0) swallow--;
    else pending.push(b);
  }
};
const mp = await loadMicroPython({ heapsize: 512 * 1024, linebuffer: false, stdin: () => null, stdout: print });
const feed = (bytes) => {
  for (const b of bytes) mp.replProcessChar(b);
};

let line = []; // what the raw REPL holds
let raw = false;
let text = null; // of a raw-paste under way
let credit = 0;
function take(b) {
  if (text) {
    if (b === 4) {
      pending.push(4);
      swallow = 2; // OK
      feed([...text, 4]);
      text = null;
      return;
    }
    if (b === 3) {
      text = null;
      print(Buffer.from('\x04Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n\x04>'));
      return;
    }
    text.push(b);
    if (--credit === 0) {
      pending.push(1);
      credit = 128;
    }
    return;
  }
  if (raw && line.length === 2 && line[0] === 5 && line[1] === 65 && b === 1) {
    line = [];
    if (options.includes('paste=1')) {
      print([82, 1, 128, 0, 1]);
      text = [];
      credit = 128;
    } else {
      print([82, 0]);
    }
    return;
  }
  if (raw && b === 5 && line.length === 0) {
    line.push(b);
    return;
  }
  if (raw && line.length === 1 && line[0] === 5) {
    line.push(b);
    return;
  }
  if (b === 1) raw = true;
  if (b === 2) raw = false;
  line = b < 6 ? [] : [0, 0, 0];
  mp.replProcessChar(b);
}

mp.replInit();
flush();
process.stdin.on('data', (data) => {
  for (const b of data) take(b);
  flush();
});
process.stdin.on('end', () => process.exit(0));

// biome-ignore-all lint/style/noNonNullAssertion: indexes are in range, and checks per pixel would take minutes
import { clamp, hash, smooth } from "./noise.ts";

/**
 * Samples per second: an AAC frame of 1,024 samples then lasts 32 ms, so that a four-second fragment has whole frames.
 */
const sampleRate = 32000;

/** A title's music. Notes are MIDI numbers: 60 is middle C. */
export interface Score {
  /** Chords of equal duration, in order; each begins with its bass note. */
  chords: number[][];
  /** Bell notes: time in seconds, note. */
  bells: [number, number][];
  /** Volume and period of wind or surf. @default none */
  air?: { loud: number; swell: number };
}

const hertz = (note: number) => 440 * 2 ** ((note - 69) / 12);

function pad(
  out: Float32Array,
  note: number,
  from: number,
  length: number,
  loud: number,
): void {
  const start = Math.floor(from * sampleRate);
  const count = Math.floor((length + 2.5) * sampleRate);
  for (const [voice, detune] of [-0.07, 0.02, 0.08].entries())
    for (let partial = 1; partial <= 5; partial++) {
      const turn = (2 * Math.PI * hertz(note + detune) * partial) / sampleRate;
      if (turn > 1) break;
      const strength = loud / partial ** 1.9 / 3;
      const beat = (0.11 + 0.05 * voice + 0.03 * partial) / sampleRate;
      for (let i = 0; i < count && start + i < out.length; i++) {
        const time = i / sampleRate;
        const shape =
          smooth(0, 2.4, time) * smooth(length + 2.5, length - 0.6, time);
        const sway = 0.7 + 0.3 * Math.sin(i * beat * 2 * Math.PI + partial);
        out[start + i]! +=
          Math.sin(i * turn + voice * 2.1) * strength * shape * sway;
      }
    }
}

function bell(out: Float32Array, note: number, from: number): void {
  const start = Math.floor(from * sampleRate);
  for (const [ratio, strength, decay] of [
    [1, 0.13, 1.1],
    [2.003, 0.045, 1.9],
    [4.01, 0.013, 4],
  ] as const) {
    const turn = (2 * Math.PI * hertz(note) * ratio) / sampleRate;
    for (let i = 0; i < 4 * sampleRate && start + i < out.length; i++) {
      const time = i / sampleRate;
      const shape =
        Math.min(1, time * 120) * Math.exp(-time * decay) * smooth(4, 3, time);
      out[start + i]! += Math.sin(i * turn) * strength * shape;
    }
  }
}

/** Low-pass noise that swells like surf. */
function breath(out: Float32Array, loud: number, swell: number): void {
  let low = 0;
  let lower = 0;
  for (let i = 0; i < out.length; i++) {
    const phase = (i / sampleRate / swell) % 1;
    const shape = 0.25 + 0.75 * smooth(0, 0.45, phase) * smooth(1, 0.5, phase);
    low += (hash(i, 17) - 0.5 - low) * (0.03 + 0.1 * shape);
    lower += (low - lower) * (0.04 + 0.07 * shape);
    out[i]! += lower * shape * loud;
  }
}

/** Reverb of a large room: Schroeder's parallel combs with damping, and two all-passes. */
function room(dry: Float32Array, wet: number): Float32Array {
  const sum = new Float32Array(dry.length);
  for (const delay of [1187, 1327, 1523, 1699]) {
    const line = new Float32Array(delay);
    let damped = 0;
    for (let i = 0; i < dry.length; i++) {
      const back = line[i % delay]!;
      damped += (back - damped) * 0.55;
      line[i % delay] = dry[i]! + damped * 0.87;
      sum[i]! += back / 4;
    }
  }
  for (const delay of [241, 83]) {
    const line = new Float32Array(delay);
    for (let i = 0; i < sum.length; i++) {
      const back = line[i % delay]!;
      const into = sum[i]! + back * 0.6;
      line[i % delay] = into;
      sum[i] = back - into * 0.6;
    }
  }
  return sum.map((echo, i) => dry[i]! + echo * wet);
}

/** Renders a score as a WAV file: 16 bits, mono. */
export function play(score: Score, seconds: number): Buffer {
  const count = seconds * sampleRate;
  const dry = new Float32Array(count);
  const length = seconds / score.chords.length;
  for (const [i, [bass, ...notes]] of score.chords.entries()) {
    pad(dry, bass!, i * length, length, 0.22);
    for (const note of notes) pad(dry, note, i * length, length, 0.1);
  }
  for (const [time, note] of score.bells) bell(dry, note, time);
  if (score.air) breath(dry, score.air.loud, score.air.swell);
  const mixed = room(dry, 0.8);
  const peak = mixed.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

  const wav = Buffer.alloc(44 + count * 2);
  wav.write("RIFF", 0, "latin1");
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write("WAVEfmt ", 8, "latin1");
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(sampleRate, 24);
  wav.writeUInt32LE(sampleRate * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36, "latin1");
  wav.writeUInt32LE(count * 2, 40);
  for (let i = 0; i < count; i++) {
    const time = i / sampleRate;
    const fade = smooth(0, 1, time) * smooth(seconds, seconds - 2.5, time);
    wav.writeInt16LE(
      Math.round(clamp((mixed[i]! / peak) * 0.6 * fade, -1, 1) * 32767),
      44 + i * 2,
    );
  }
  return wav;
}

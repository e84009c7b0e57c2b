/// <reference lib="esnext.disposable" />

/**
 * `'linux'`: probes can be traced. `'none'`: there is no native part for this platform, or it could not be loaded
 * (`loadError` then says why), and no probe ever fires.
 */
export declare const backend: 'linux' | 'dtrace' | 'none';

/**
 * Why the native part could not be loaded, `null` if it was. With `USDT_PROBES_REQUIRE=hard` in the environment the
 * package throws it instead when it is loaded.
 */
export declare const loadError: Error | null;

/** What tracers can see of a provider. */
export type Status =
    /** Every tracer finds the probes in this file. */
    | { readonly kind: 'visible'; readonly path: string }
    /** Only tracers that look into the process's memory find the probes: no file could be made, `reason` says why. */
    | { readonly kind: 'memory'; readonly reason: string }
    /** The kernel of a system with DTrace knows the probes. */
    | { readonly kind: 'registered' }
    /** Nobody can watch the probes, and `reason` says why. */
    | { readonly kind: 'unavailable'; readonly reason: string };

// ---------------------------------------------------------------------------------------------------------------------
// Probes as functions

/** What a program passes for each type of argument. */
export interface ArgumentTypes {
    /** An unsigned integer of 8 bits. Numbers are cut toward zero; what is too large or small becomes the nearest. */
    u8: number | bigint;
    /** A signed integer of 8 bits. */
    i8: number | bigint;
    /** An unsigned integer of 16 bits. */
    u16: number | bigint;
    /** A signed integer of 16 bits. */
    i16: number | bigint;
    /** An unsigned integer of 32 bits. */
    u32: number | bigint;
    /** A signed integer of 32 bits. */
    i32: number | bigint;
    /** An unsigned integer of 64 bits; numbers above 2⁵³ are exact as a `bigint` alone. */
    u64: number | bigint;
    /** A signed integer of 64 bits. */
    i64: number | bigint;
    /** The bits of a single-precision number in an integer. */
    f32: number | bigint;
    /** The bits of a double-precision number in an integer. */
    f64: number | bigint;
    /** 0 or 1 in one byte. */
    bool: boolean;
    /** An address. */
    pointer: number | bigint;
    /** Text in UTF-8 with a NUL byte at its end; it is cut at a NUL within. */
    string: string;
    /** Bytes, or a text's UTF-8: two operands, the address and the length. */
    bytes: ArrayBufferView | ArrayBuffer | string;
    /** What `JSON.stringify` makes of it, as text with a NUL byte at its end. */
    json: unknown;
    /**
     * The JavaScript stack at the firing as text, a frame a line: `function (file:line:column)`. The program passes nothing
     * for it. It is captured only while somebody watches.
     */
    stack: never;
}

/** The arguments of a probe in their order: name and type. A probe may have 32; tracers read up to 12 operands. */
export type Arguments = { readonly [name: string]: keyof ArgumentTypes };

/** A probe that has more than arguments. */
export interface FullDefinition {
    /** What tracers call the probe, instead of the property's name in lower case with `-` between words. */
    readonly name?: string;
    /** A line for people who look at the probe; it travels in the describing note. */
    readonly doc?: string;
    readonly args: Arguments;
}

/** A probe: its arguments, or these with a name and a doc. */
export type ProbeDefinition = Arguments | FullDefinition;

/** The probes of a provider. */
export type Definitions = { readonly [probe: string]: ProbeDefinition };

/** The arguments of a probe. */
type ArgumentsOf<P> = P extends { readonly args: infer A extends object } ? A : P;

/*
 * From the properties of an object type to a tuple in their order. A union has no order that one could rely on, but an
 * intersection of functions keeps its own, and inference meets the properties of a mapped type one after the other. So:
 * infer the intersection, take its last member, and go on with the object without those that are done.
 */
type Marks<A> = { [K in keyof A]: (mark: (key: K) => void) => void };
type Keys<A> = Marks<A> extends { [K in keyof A]: (mark: infer I) => void } ? I : never;
type LastKey<A> = Keys<A> extends (key: infer L) => void ? L : never;
type Without<A, Done> = { [K in keyof A as Exclude<K, Done>]: A[K] };
type Value<T> = T extends keyof ArgumentTypes ? ArgumentTypes[T] : never;
type ValuesOf<A, Done = never, Tail extends unknown[] = []> = [Exclude<keyof A, Done>] extends [never]
    ? Tail
    : LastKey<Without<A, Done>> extends infer L extends keyof A
      ? ValuesOf<A, Done | L, A[L] extends 'stack' ? Tail : [Value<A[L]>, ...Tail]>
      : never;

/** A probe. */
export interface Probe<Values extends readonly unknown[]> {
    /** Fires, if somebody watches. The values are converted; none makes it throw. */
    (...values: Values): void;
    /** Whether somebody watches. */
    readonly enabled: boolean;
    /**
     * Fires with what the callback returns, which is called only while somebody watches. What it throws is dropped, and
     * then nothing fires.
     * @throws {TypeError} if the callback is no function
     */
    fire(callback: () => Readonly<Values>): void;
}

/** What every provider has beside its probes. */
export interface ProviderMethods<D> {
    /**
     * Adds probes; they are live at once if the provider is enabled. Returns the provider.
     * @throws {TypeError} with the code `ERR_USDT_DEFINITION` if a definition is wrong; no probe has been added then
     */
    add<const E extends Definitions>(probes: E): Provider<D & E>;
    /** Lets probes fire again after `disable`. */
    enable(): void;
    /** From now on no probe fires. Tracers still see them. */
    disable(): void;
    /** What tracers can see of the probes that the provider was defined with. */
    readonly status: Status;
    /** The arguments that tracers can't read because the probe has more than 12 operands. */
    readonly leftOut: ReadonlyArray<{ readonly probe: string; readonly args: readonly string[] }>;
    /** Disables the provider and lets go of what tracers see. */
    [Symbol.dispose](): void;
    /** The same. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** A provider: a function for each probe, and methods. */
export type Provider<D> = { readonly [P in keyof D]: Probe<ValuesOf<ArgumentsOf<D[P]>>> } & ProviderMethods<D>;

/**
 * Defines a provider and its probes, which are live at once.
 *
 * ```js
 * const orders = defineProvider('orders', {
 *     requestStart: { id: 'u64', path: 'string' },
 *     requestDone: { doc: 'A request was answered.', args: { id: 'u64', status: 'u16', reply: 'json' } },
 * });
 * orders.requestStart(7, '/orders');                       // tracers: request-start, in a note request__start
 * orders.requestDone.fire(() => [7, 200, costly()]);       // computed only while somebody watches
 * ```
 *
 * A provider's name is ASCII letters, digits and `_`, at most 53; a probe's may have `-` too, and at most 63.
 *
 * @throws {TypeError} with the code `ERR_USDT_DEFINITION` if a name, a type or the number of arguments is wrong. It
 * never throws because nobody can trace here: `status` says so.
 */
export declare function defineProvider<const D extends Definitions>(name: string, probes: D): Provider<D>;

// ---------------------------------------------------------------------------------------------------------------------
// A loop that spins

/** What the firings of a watchdog can say. */
export type WatchdogStatus =
    /** How long the loop has not turned, which function runs, its variables, and the stack. */
    | { readonly kind: 'stack' }
    /** How long, and nothing else: this Node has no inspector, `reason` says why. */
    | { readonly kind: 'stackless'; readonly reason: string }
    /** There are none, and `reason` says why. */
    | { readonly kind: 'unavailable'; readonly reason: string };

/** A watchdog that runs. It keeps no process alive. */
export interface Watchdog {
    /** What its firings can say. */
    readonly status: WatchdogStatus;
    /** Ends it. */
    stop(): void;
    /** The same. */
    [Symbol.dispose](): void;
}

/**
 * Starts a thread that fires `node:loop-blocked` while the main thread's loop has not turned for `after` ms (500, at least
 * 10), and `node:loop-unblocked` when it turns again.
 *
 * @throws {RangeError} if `after` is no such number
 * @throws {Error} in a worker
 */
export declare function watchdog(options?: { readonly after?: number }): Watchdog;

// ---------------------------------------------------------------------------------------------------------------------
// The last moments

/** What the recorder keeps. */
export interface RecorderOptions {
    /** How many firings: this (4096), rounded up to a power of two. */
    readonly firings?: number;
    /** How many bytes of each text (64). */
    readonly text?: number;
    /**
     * The memory of each firing in bytes, 32 of which are for its time, thread and probe: what doesn't fit is cut or left out,
     * from the last argument on. By default 256, or 192 more than `text`; at most 32768.
     */
    readonly firingSize?: number;
    /** Which providers, by the names that tracers know: `*` stands for any text, `?` for one character. By default all. */
    readonly providers?: readonly string[];
}

/** What came of starting the recorder. */
export type RecorderStatus =
    /** It runs, with these options. */
    | { readonly kind: 'started' }
    /** It ran already, and its options are those that it was started with. */
    | { readonly kind: 'running' }
    /** Nothing is recorded, and `reason` says why. */
    | { readonly kind: 'unavailable'; readonly reason: string };

/**
 * The last firings, in the memory of this process: `usdt core` shows them from its core dump, or while it runs. There is
 * one recorder for the whole process, with all its threads.
 *
 * What is recorded is watched, as far as the program can tell: probes are `enabled`, callbacks run, stacks are captured.
 */
export declare const recorder: {
    /**
     * Starts it, with new memory. Providers that are defined later are recorded as well.
     *
     * @throws {TypeError} if an option is wrong. It never throws because nothing can be recorded here, or there is no memory:
     * the status says so.
     */
    start(options?: RecorderOptions): RecorderStatus;
    /** Ends it. What it has recorded can be read until it is started again. */
    stop(): void;
    isRunning(): boolean;
};

// ---------------------------------------------------------------------------------------------------------------------
// The API of dtrace-provider 0.8.8

/** How a type begins decides: `json`, `int`, and everything else is text. */
export type DTraceType = 'int' | 'char *' | 'json' | (string & {});

/** A probe of a `DTraceProvider`. */
export interface DTraceProbe {
    /**
     * Calls the callback while somebody watches, with the probe as `this` and these arguments, and fires what it returns,
     * if that is an array. What it throws is dropped.
     * @returns true if the probe fired
     * @throws {TypeError} if the callback is no function
     */
    fire<A extends unknown[]>(callback: (this: DTraceProbe, ...args: A) => unknown, ...args: A): true | undefined;
}

/** A provider in the way of dtrace-provider. Each probe is a property of it. */
export declare class DTraceProvider {
    /** @throws {TypeError} if the name or the module is no string */
    constructor(name: string, module?: string);
    /** Adds a probe with up to 32 arguments; it is live at once if the provider is enabled. */
    addProbe(name: string, ...types: DTraceType[]): DTraceProbe;
    /** @throws {Error} if the probe has been removed before */
    removeProbe(probe: DTraceProbe): true;
    /** @throws {Error} if there are no probes */
    enable(): void;
    disable(): void;
    /**
     * Fires the probe of this name.
     * @returns true if the provider has such a probe
     */
    fire<A extends unknown[]>(
        name: string,
        callback: (this: DTraceProbe, ...args: A) => unknown,
        ...args: A
    ): true | undefined;
    /** What tracers can see; `hidden` are the probes that have a name which tracers can't take. */
    status: Status & { readonly hidden: ReadonlyArray<{ readonly name: string; readonly reason: string }> };
    [probe: string]: any;
}

/** The same as `new DTraceProvider(name, module)`. */
export declare function createDTraceProvider(name: string, module?: string): DTraceProvider;

export {};

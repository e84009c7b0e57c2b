/** Rows of measured times, and how they are told: as a table to a person, as JSON to `cargo xtask bench node`. */

/**
 * @typedef {object} Row
 * @property {string} name what was done
 * @property {string} [base] the name of the row that it is compared with
 * @property {number} [goal] how many nanoseconds it may be above that row
 * @property {number[]} times nanoseconds a call, one a round
 */

/** The least of the times, the one in the middle, and the one that nine in ten beat. */
function spread(times) {
    const sorted = [...times].sort((a, b) => a - b);
    const at = (tenths) => sorted[Math.floor(((sorted.length - 1) * tenths) / 10)];
    return { min: at(0), median: at(5), p90: at(9) };
}

/**
 * Prints the rows. The least of each is compared: that is the round which was disturbed least.
 * @param {Row[]} rows
 * @param {{ json: boolean, digits: number }} how
 */
export function tell(rows, { json, digits }) {
    const least = new Map(rows.map(({ name, times }) => [name, spread(times).min]));
    const told = rows.map(({ name, base = null, goal = null, times }) => {
        const figures = spread(times);
        const above = base === null ? null : figures.min - least.get(base);
        return { name, base, goal, above, ...figures };
    });
    if (json) {
        console.log(JSON.stringify(told));
        return;
    }
    const line = (name, ...cells) => console.log(name.padEnd(58) + cells.map((cell) => String(cell ?? '').padStart(8)).join(''));
    line(`Node ${process.version}, ns a call`, 'least', 'median', 'p90', 'above', 'goal');
    for (const { name, min, median, p90, above, goal } of told) {
        line(name, ...[min, median, p90, above].map((figure) => figure?.toFixed(digits)), goal);
    }
}

/** Nanoseconds a call of `run(calls)`, which makes so many. */
export function time(run, calls) {
    const start = process.hrtime.bigint();
    run(calls);
    return Number(process.hrtime.bigint() - start) / calls;
}

/** A list in an order of chance: whatever disturbs the machine at a regular pace then disturbs all rows alike. */
export function shuffled(list) {
    const order = list.map((item) => [Math.random(), item]);
    return order.sort(([a], [b]) => a - b).map(([, item]) => item);
}

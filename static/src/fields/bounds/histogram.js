import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { _t } from "@web/core/l10n/translation";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { formatFloat, humanNumber } from "@web/core/utils/numbers";

/** The least number of bins: a chart of one bar would be a wall. */
const LEAST_BINS = 12;

export function formatNumber(value) {
    return formatFloat(value, { digits: [20, 4], trailingZeros: false });
}

function shortNumber(value) {
    if (value === null) {
        return "";
    }
    return value < 1000 ? formatNumber(value) : humanNumber(value, { decimals: 1 });
}

/**
 * How a metric is spread over the customers of a dimension, in the colours of the classes.
 *
 * `lines` are the classes from high to low with the value each begins at (or ends at, where low is good);
 * they are drawn as they are given, so that a bound moves while it is typed.
 */
export class Histogram extends Component {
    static template = "partner_segmentation.Histogram";
    static props = {
        dimensionId: Number,
        metricId: Number,
        industryIds: { type: Array, optional: true },
        lines: Array,
        lowerIsBetter: { type: Boolean, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.canvas = useRef("canvas");
        this.legend = useRef("legend");
        this.keepLast = new KeepLast();
        this.state = useState({ distribution: null });
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                this.load();
            },
            () => [this.props.dimensionId, this.props.metricId, String(this.props.industryIds)]
        );
        useEffect(
            () => {
                this.draw();
                return () => this.chart?.destroy();
            },
            () => [this.state.distribution]
        );
        useEffect(
            () => this.recolor(),
            () => [JSON.stringify(this.props.lines), this.state.distribution]
        );
    }

    async load() {
        const { dimensionId, metricId, industryIds } = this.props;
        const args = [[dimensionId], metricId, industryIds || []];
        this.state.distribution = await this.keepLast.add(
            this.orm.silent.call("segmentation.dimension", "get_distribution", args)
        );
    }

    get isEmpty() {
        return !this.state.distribution?.counts?.some((count) => count);
    }

    /** What has no place on a logarithmic scale, in words. */
    get apart() {
        const { zero, negative, unknown, unit } = this.state.distribution;
        const texts = [];
        if (unit) {
            texts.push(_t("Values in %s.", unit));
        }
        if (negative) {
            texts.push(_t("Below zero: %s customers.", formatNumber(negative)));
        }
        if (zero) {
            texts.push(_t("Zero: %s customers.", formatNumber(zero)));
        }
        if (unknown) {
            texts.push(_t("Not known: %s customers.", formatNumber(unknown)));
        }
        return texts.join(" ");
    }

    legendText(line) {
        if (line.value === undefined) {
            return line.label;
        }
        return `${line.label} ${this.props.lowerIsBetter ? "≤" : "≥"} ${formatNumber(line.value)}`;
    }

    /** The class of the customers from one edge on, as far as this bound alone decides. */
    lineAt(edge) {
        const { lines, lowerIsBetter } = this.props;
        const index = lines.findIndex(({ value }) => {
            return value !== undefined && (lowerIsBetter ? edge < value : edge >= value);
        });
        return index >= 0 ? index : lines.findLastIndex(({ value }) => value === undefined);
    }

    draw() {
        this.chart = null;
        if (!this.canvas.el || this.isEmpty) {
            return;
        }
        const { edges, counts } = this.state.distribution;
        const bins = counts.map((count, index) => ({ edge: edges[index], count }));
        while (bins.length < LEAST_BINS) {
            bins.push({ edge: null, count: 0 });
        }
        this.chart = new window.Chart(this.canvas.el, {
            type: "bar",
            data: {
                labels: bins.map(({ edge }) => shortNumber(edge)),
                datasets: [{ data: counts.map((count) => count || null), categoryPercentage: 1, barPercentage: 0.95, minBarLength: 2 }],
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                plugins: {
                    legend: { display: false },
                    tooltip: {
                        displayColors: false,
                        callbacks: {
                            title: ([{ dataIndex }]) => this.binTitle(dataIndex),
                            label: ({ raw }) => _t("%s customers", formatNumber(raw)),
                        },
                    },
                },
                scales: {
                    x: { grid: { display: false } },
                    y: { beginAtZero: true, ticks: { precision: 0, maxTicksLimit: 5 } },
                },
            },
            plugins: [{ id: "bounds", afterDatasetsDraw: (chart) => this.drawLines(chart) }],
        });
    }

    binTitle(index) {
        const [from, to] = this.state.distribution.edges.slice(index, index + 2).map(formatNumber);
        return to === undefined ? _t("from %s", from) : _t("from %(from)s to below %(to)s", { from, to });
    }

    recolor() {
        if (!this.chart) {
            return;
        }
        const tags = [...this.legend.el.children].map((tag) => getComputedStyle(tag));
        const styles = this.state.distribution.edges.map((edge) => tags[this.lineAt(edge)]);
        const dataset = this.chart.data.datasets[0];
        dataset.backgroundColor = styles.map((style) => style?.backgroundColor || "lightgrey");
        this.chart.update();
    }

    drawLines({ ctx, chartArea: { left, top, bottom, width }, data }) {
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = getComputedStyle(this.legend.el).color;
        ctx.setLineDash([4, 3]);
        for (const { value, label } of this.props.lines) {
            const place = this.place(value);
            if (place === null) {
                continue;
            }
            const x = left + (place * width) / data.labels.length;
            ctx.beginPath();
            ctx.moveTo(x, top);
            ctx.lineTo(x, bottom);
            ctx.stroke();
            ctx.fillText(label, x + 3, top + 9);
        }
        ctx.restore();
    }

    /** Where a value lies, in bins from the left; null outside of the chart. */
    place(value) {
        const { edges } = this.state.distribution;
        if (value === undefined || value < edges[0] || value > edges.at(-1)) {
            return null;
        }
        const index = edges.findLastIndex((edge) => edge <= value);
        const next = edges[index + 1] ?? edges[index] * 1.5;
        return index + Math.log(value / edges[index]) / Math.log(next / edges[index]);
    }
}

YES = {"1", "1.0", "true", "yes", "y", "t", "on", "はい", "有", "あり", "○", "済"}


def number(value):
    """A number, or yes and no as 1 and 0; nan for what is missing."""
    if value is None or value != value or str(value).strip() == "":
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        text = str(value).strip()
    if text.lower() in YES:
        return 1.0
    sign = -1.0 if text[0] in "-−▲△" else 1.0
    try:
        return sign * float(text.strip("-−▲△").strip("¥￥$€£円 ").replace(",", ""))
    except ValueError:
        return 0.0


def two_sided(z):
    return math.erfc(abs(z) / math.sqrt(2.0))


def show(name, **numbers):
    print(f"  {name}: " + ", ".join(f"{k} = {v:.10g}" for k, v in numbers.items()))


def optional(name):
    """A package, or None with a word where it is not installed."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"  ({name} is not installed: its numbers are left out)")
        return None


def interval(value, se, critical=1.959963984540054):
    return value - critical * se, value + critical * se


def miettinen_nurminen(x1, n1, x0, n0, critical=1.959963984540054):
    """Score interval of p1 - p0 with N/(N - 1) (Miettinen and Nurminen 1985); statsmodels' "score" is another one."""

    def statistic(d):
        # The most likely p0 if p1 = p0 + d: where the slope of the likelihood turns.
        low, high = max(0.0, -d), min(1.0, 1.0 - d)
        for _ in range(100):
            p = (low + high) / 2.0
            q = p + d
            up = (x1 / max(q, 1e-300) if x1 > 0 else 0.0) + (x0 / max(p, 1e-300) if x0 > 0 else 0.0)
            down = (n1 - x1) / max(1.0 - q, 1e-300) if x1 < n1 else 0.0
            down += (n0 - x0) / max(1.0 - p, 1e-300) if x0 < n0 else 0.0
            low, high = (p, high) if up > down else (low, p)
        total = n1 + n0
        variance = (q * (1.0 - q) / n1 + p * (1.0 - p) / n0) * total / (total - 1.0)
        gap = x1 / n1 - x0 / n0 - d
        return gap / math.sqrt(variance) if variance > 1e-30 else math.copysign(math.inf, gap)

    def end(sign):
        low, high = (-1.0, x1 / n1 - x0 / n0) if sign > 0 else (x1 / n1 - x0 / n0, 1.0)
        for _ in range(100):
            middle = (low + high) / 2.0
            low, high = (middle, high) if statistic(middle) > sign * critical else (low, middle)
        return (low + high) / 2.0

    return end(1), end(-1)


def margins(difference, se, df=None):
    """Two one-sided tests of a difference within the margin, and of one not worse by more than it."""
    if MARGIN is None or se <= 0.0:
        return
    if df is None:
        upper = lambda z: 0.5 * math.erfc(z / math.sqrt(2.0))
    elif stats := optional("scipy.stats"):
        upper = lambda t: stats.t.sf(t, df)
    else:
        return
    show("TOST", p=max(upper((difference + MARGIN) / se), upper((MARGIN - difference) / se)))
    show("not worse", p=upper(((-difference if LOWER_IS_BETTER else difference) + MARGIN) / se))


def rates(metric, arms, x, n):
    """Shares: pooled z test; Fisher, Yates and score intervals; Beta-Binomial posteriors."""
    p_values = []
    for i in range(1, len(arms)):
        print(f"{metric}: {arms[i]} - {arms[0]}")
        b, a = x[0] / n[0], x[i] / n[i]
        p = (x[0] + x[i]) / (n[0] + n[i])
        se = math.sqrt(p * (1.0 - p) * (1.0 / n[0] + 1.0 / n[i]))
        z = (a - b) / se if se > 0.0 else math.nan
        p_values.append(two_sided(z))
        show("observed", baseline=b, arm=a, difference=a - b)
        show("z, pooled", z=z, p=p_values[-1])
        if stats := optional("scipy.stats"):
            table = [[x[i], n[i] - x[i]], [x[0], n[0] - x[0]]]
            fisher = stats.fisher_exact(table)[1]
            show("Fisher", p=fisher)
            # Where few are expected, Fisher's test decides.
            if min(n[0], n[i]) * min(p, 1.0 - p) < 5.0:
                p_values[-1] = fisher
            yates = stats.chi2_contingency(table, correction=True)
            show("Yates", chi2=yates[0], p=yates[1])
        if sm := optional("statsmodels.stats.proportion"):
            low, high = sm.confint_proportions_2indep(x[i], n[i], x[0], n[0], method="newcomb", compare="diff")
            show("Newcombe", low=low, high=high)
        low, high = miettinen_nurminen(x[i], n[i], x[0], n[0])
        show("Miettinen-Nurminen", low=low, high=high)
        margins(a - b, math.sqrt(a * (1.0 - a) / n[i] + b * (1.0 - b) / n[0]))
    pm, az = optional("pymc"), optional("arviz")
    if pm and az:
        with pm.Model():
            p = pm.Beta("p", alpha=PRIOR[0], beta=PRIOR[1], shape=len(arms))
            pm.Binomial("x", n=n, p=p, observed=x)
            draws = pm.sample(10_000, tune=2_000, chains=4, random_seed=1).posterior["p"].to_numpy()
        posteriors(metric, arms, draws.reshape(-1, len(arms)), az)
    return p_values


def posteriors(metric, arms, draws, az, differences=True):
    """Draws are near the exact numbers: the third digit may differ from run to run."""
    best = draws.argmin(axis=1) if LOWER_IS_BETTER else draws.argmax(axis=1)
    for i in range(len(arms)):
        show(f"{arms[i]}", median=np.median(draws[:, i]), best=(best == i).mean())
    for i in range(1, len(arms)):
        difference, lift = draws[:, i] - draws[:, 0], draws[:, i] / draws[:, 0] - 1.0
        if differences:
            low, high = np.ravel(az.hdi(difference, 0.95))
            better = (difference < 0.0).mean() if LOWER_IS_BETTER else (difference > 0.0).mean()
            show(f"{arms[i]} - {arms[0]}", median=np.median(difference), low=low, high=high, p_better=better)
        show(f"{arms[i]} / {arms[0]} - 1", median=np.median(lift))


def means(metric, arms, values, before=None):
    """Means: Welch, Mann-Whitney; with values from before the experiment CUPED decides."""
    if BOOTSTRAP is not None:
        for arm, own in zip(arms[1:], values[1:]):
            print(f"{metric}: {arm} - {arms[0]}, resampled")
            resampled(own, values[0])
    if before is not None:
        known = [~np.isnan(b) for b in before]
        full = [v[k] for v, k in zip(values, known)]
        before = [b[k] for b, k in zip(before, known)]
        y, x = np.concatenate(full), np.concatenate(before)
        theta = ((y - y.mean()) * (x - x.mean())).sum() / ((x - x.mean()) ** 2).sum()
        show("CUPED", theta=theta)
        adjusted = [v - theta * (b - x.mean()) for v, b in zip(full, before)]
        welch(metric, arms, values, "not adjusted", False)
        return welch(metric, arms, adjusted, "CUPED")
    return welch(metric, arms, values, "Welch")


def welch(metric, arms, values, name, decides=True):
    p_values, stats = [], optional("scipy.stats")
    for i in range(1, len(arms)):
        print(f"{metric}: {arms[i]} - {arms[0]}, {name}")
        b, a = values[0], values[i]
        vb, va = b.var(ddof=1) / len(b), a.var(ddof=1) / len(a)
        se = math.sqrt(va + vb)
        df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
        difference = a.mean() - b.mean()
        show("observed", baseline=b.mean(), arm=a.mean(), difference=difference)
        show("t", t=difference / se, df=df)
        p_values.append(math.nan)
        if stats:
            p_values[-1] = 2.0 * stats.t.sf(abs(difference / se), df)
            low, high = interval(difference, se, stats.t.ppf(0.975, df))
            show("test", p=p_values[-1], low=low, high=high)
            # The posterior of the difference is the same t about what was observed.
            show("posterior", p_better=stats.t.cdf((-difference if LOWER_IS_BETTER else difference) / se, df))
            mw = stats.mannwhitneyu(a, b, alternative="two-sided", method="asymptotic")
            show("Mann-Whitney", u=mw.statistic, p=mw.pvalue)
        if decides:
            margins(difference, se, df)
    az = optional("arviz")
    if az:
        rng = np.random.default_rng(1)
        draws = [v.mean() + v.std(ddof=1) / math.sqrt(len(v)) * rng.standard_t(len(v) - 1, 400_000) for v in values]
        posteriors(metric, arms, np.column_stack(draws), az, False)
    return p_values


def resampled(a, b, samples=4_999):
    """Percentile intervals of the differences of medians and means; another generator, so about the same."""
    rng = np.random.default_rng(BOOTSTRAP)
    for name, statistic in (("median", np.median), ("mean", np.mean)):
        drawn = [statistic(rng.choice(a, len(a))) - statistic(rng.choice(b, len(b))) for _ in range(samples)]
        low, high = np.quantile(drawn, [0.025, 0.975])
        show(f"bootstrap, {name}", difference=statistic(a) - statistic(b), low=low, high=high)


def ratios(metric, arms, tops, bottoms):
    """Ratios of sums, each unit once, by the delta method (Deng, Knoblich and Lu 2018)."""

    def one(y, x):
        value = y.sum() / x.sum()
        rest = y - value * x
        return value, (rest**2).sum() / (len(y) - 1) / len(y) / x.mean() ** 2

    p_values = []
    b, vb = one(tops[0], bottoms[0])
    for i in range(1, len(arms)):
        a, va = one(tops[i], bottoms[i])
        se = math.sqrt(va + vb)
        p_values.append(two_sided((a - b) / se))
        low, high = interval(a - b, se)
        print(f"{metric}: {arms[i]} - {arms[0]}")
        show("delta method", baseline=b, arm=a, difference=a - b, se=se, p=p_values[-1], low=low, high=high)
        margins(a - b, se)
    return p_values


def counts(metric, arms, events, exposure):
    """Events by exposure, Poisson: score test, Wald interval, Gamma posteriors with Jeffreys' prior."""
    p_values = []
    for i in range(1, len(arms)):
        b, a = events[0] / exposure[0], events[i] / exposure[i]
        pooled = (events[0] + events[i]) / (exposure[0] + exposure[i])
        z = (a - b) / math.sqrt(pooled * (1.0 / exposure[0] + 1.0 / exposure[i]))
        p_values.append(two_sided(z))
        se = math.sqrt(a / exposure[i] + b / exposure[0])
        low, high = interval(a - b, se)
        print(f"{metric}: {arms[i]} - {arms[0]}")
        show("Poisson, score", baseline=b, arm=a, z=z, p=p_values[-1], low=low, high=high)
        if stats := optional("scipy.stats"):
            all_events, share = events[0] + events[i], exposure[i] / (exposure[0] + exposure[i])
            tails = stats.binom.cdf(events[i], all_events, share), stats.binom.sf(events[i] - 1, all_events, share)
            exact = min(1.0, 2.0 * min(tails))
            show("Poisson, exact", p=exact)
            # Where few were counted, the exact test decides.
            if all_events < 20:
                p_values[-1] = exact
        margins(a - b, se)
    az = optional("arviz")
    if az:
        rng = np.random.default_rng(1)
        draws = [rng.gamma(k + 0.5, 1.0 / t, 400_000) for k, t in zip(events, exposure)]
        posteriors(metric, arms, np.column_stack(draws), az)
    return p_values


def adjusted(p_values):
    """For all comparisons of the report together."""
    sm = optional("statsmodels.stats.multitest") if len(p_values) > 1 else None
    if sm:
        print("Holm:", sm.multipletests(p_values, method="holm")[1])
        print("Benjamini-Hochberg:", sm.multipletests(p_values, method="fdr_bh")[1])

/* How results in float32 are held against a reference in double precision; used by native_check.py. */

typedef struct { double worst; uint32_t where; uint32_t first_wrong; int64_t wrong; } vc_found;

/* Units in the last place of y as a float32: 2^-23 of its binade, 2^-149 below the normal range. */
static double ulp(double y) {
    double a = fabs(y);
    uint64_t binade = vc_bits_f64(a < FLT_MIN ? FLT_MIN : a > FLT_MAX ? FLT_MAX : a) & 0x7ff0000000000000u;
    return vc_from_bits_f64(binade) * 0x1p-23;
}

/* What overflows counts as 2^128: an infinity is the right result there, and half an ulp off just below. */
static double bounded(double y) { return fabs(y) > 0x1p128 ? copysign(0x1p128, y) : y; }

static int wrong(float got, double want) {
    if (isnan(want)) return !isnan(got);
    if (isnan(got)) return 1;
    if (want == 0 || isinf(want)) return (double)got != want || !signbit(got) != !signbit(want);
    return got != 0 && !signbit(got) != !signbit(want);
}

static void amiss(float x, vc_found *found) { if (!found->wrong++) found->first_wrong = vc_bits_f32(x); }

static void judge(const float *x, const float *y, const double *want, long n, vc_found *found) {
    for (long i = 0; i < n; i++) {
        double error = fabs(bounded(y[i]) - bounded(want[i])) / ulp(want[i]);
        if (wrong(y[i], want[i])) amiss(x[i], found);
        else if (error > found->worst) { found->worst = error; found->where = vc_bits_f32(x[i]); }
    }
}

/* Whether no error is above the worst so far and all signs agree: vector code, so that judge looks at few blocks. */
static int alike(const float *y, const double *want, long n, double worst) {
    uint64_t bad = 0;
    for (long i = 0; i < n; i++) {
        double got = y[i], error = fabs(bounded(got) - bounded(want[i]));
        bad |= (error <= worst * ulp(want[i]) ? 0 : 1) | (vc_bits_f64(got) ^ vc_bits_f64(want[i])) >> 63;
    }
    return !bad;
}

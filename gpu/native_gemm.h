/* C := alpha op(A) op(B) + beta C for any sizes, row-major. BLOCK_TEXT computes one block of BLOCK_ROWS by BLOCK_COLUMNS
   from strips a and b of length k into c; native_gemm.py writes it, and puts REAL, SUFFIX and the sizes in. */
#include <stdlib.h>

#define VC_LEAST(x, y) ((x) < (y) ? (x) : (y))

__attribute__((noinline)) static void vc_block_SUFFIX(long k, const REAL *restrict a, const REAL *restrict b,
                                                      REAL *restrict c) BLOCK_TEXT

/* Strips of op(A): BLOCK_ROWS rows, entry after entry of the inner index; rows that are not there are 0. */
static void vc_strips_of_a_SUFFIX(const REAL *a, long row_step, long inner_step, long rows, long k, REAL *to) {
    for (long top = 0; top < rows; top += BLOCK_ROWS, to += k * BLOCK_ROWS)
        for (long p = 0; p < k; p++)
            for (long r = 0; r < BLOCK_ROWS; r++)
                to[p * BLOCK_ROWS + r] = top + r < rows ? a[(top + r) * row_step + p * inner_step] : 0;
}

static void vc_strips_of_b_SUFFIX(const REAL *b, long inner_step, long column_step, long columns, long k, REAL *to) {
    for (long left = 0; left < columns; left += BLOCK_COLUMNS, to += k * BLOCK_COLUMNS) {
        long width = VC_LEAST(BLOCK_COLUMNS, columns - left);
        for (long p = 0; p < k; p++) {
            const REAL *from = b + p * inner_step + left * column_step;
            if (column_step == 1 && width == BLOCK_COLUMNS)
                for (long j = 0; j < BLOCK_COLUMNS; j++) to[p * BLOCK_COLUMNS + j] = from[j];
            else
                for (long j = 0; j < BLOCK_COLUMNS; j++)
                    to[p * BLOCK_COLUMNS + j] = j < width ? from[j * column_step] : 0;
        }
    }
}

/* C := alpha block + beta C on the part of a block that is there. */
static void vc_add_block_SUFFIX(const REAL *restrict s, long rows, long columns, REAL alpha, REAL beta,
                                REAL *restrict c, long ldc) {
    for (long i = 0; i < rows; i++, s += BLOCK_COLUMNS, c += ldc) {
        if (beta == 0)
            for (long j = 0; j < columns; j++) c[j] = alpha * s[j];
        else
            for (long j = 0; j < columns; j++) c[j] = alpha * s[j] + beta * c[j];
    }
}

static long vc_padded_SUFFIX(long length, long step) { return (length + step - 1) / step * step; }

int vc_own_gemm_SUFFIX(int ta, int tb, long m, long n, long k, REAL alpha, const REAL *a, long lda, const REAL *b,
                       long ldb, REAL beta, REAL *c, long ldc) {
    long a_row = ta ? 1 : lda, a_inner = ta ? lda : 1, b_inner = tb ? 1 : ldb, b_column = tb ? ldb : 1;
    enum { TALL = 16 * BLOCK_ROWS, WIDE = 40 * BLOCK_COLUMNS };
    long deep = VC_LEAST(k, STRIP), tall = VC_LEAST(vc_padded_SUFFIX(m, BLOCK_ROWS), TALL);
    long wide = VC_LEAST(vc_padded_SUFFIX(n, BLOCK_COLUMNS), WIDE);
    REAL block[BLOCK_ROWS * BLOCK_COLUMNS], *space = malloc(sizeof(REAL) * (size_t)(deep * (tall + wide)));
    if (!space) return -1;
    REAL *strips_a = space, *strips_b = space + deep * tall;
    for (long left = 0; left < n; left += WIDE)
        for (long p = 0; p < k; p += STRIP) {
            long inner = VC_LEAST(STRIP, k - p), columns = VC_LEAST(WIDE, n - left);
            vc_strips_of_b_SUFFIX(b + p * b_inner + left * b_column, b_inner, b_column, columns, inner, strips_b);
            for (long top = 0; top < m; top += TALL) {
                long rows = VC_LEAST(TALL, m - top);
                vc_strips_of_a_SUFFIX(a + top * a_row + p * a_inner, a_row, a_inner, rows, inner, strips_a);
                for (long j = 0; j < columns; j += BLOCK_COLUMNS)
                    for (long i = 0; i < rows; i += BLOCK_ROWS) {
                        vc_block_SUFFIX(inner, strips_a + i * inner, strips_b + j * inner, block);
                        vc_add_block_SUFFIX(block, VC_LEAST(BLOCK_ROWS, rows - i), VC_LEAST(BLOCK_COLUMNS, columns - j),
                                            alpha, p ? 1 : beta, c + (top + i) * ldc + left + j, ldc);
                    }
            }
        }
    free(space);
    return 0;
}

#include "pauca/core/thin_product.hpp"

namespace pauca {
namespace {

using namespace Eigen::internal;
using Packet = packet_traits<double>::type;
constexpr Index lanes = packet_traits<double>::size;
constexpr Index step = 2 * lanes;                    // rows that a product with X accumulates in registers
constexpr Index row_block = 256, column_block = 64;  // X in the second-level cache, U in the first
constexpr Index together = 5;                        // columns of the thin factor at a time: as registers allow

/// z(step rows, K) += x(step rows, p) d'; the thin factor transposed, so that a row of it is contiguous.
template <int K>
void multiply_rows(const double* x, Index ld, Index p, const double* d, Index ldd, double* z, Index ldz) {
  Packet sum[K][2];
  for (int k = 0; k < K; ++k) sum[k][0] = sum[k][1] = pset1<Packet>(0.0);
  for (Index j = 0; j < p; ++j) {
    const Packet first = ploadu<Packet>(x + j * ld), second = ploadu<Packet>(x + j * ld + lanes);
    for (int k = 0; k < K; ++k) {
      const Packet factor = pset1<Packet>(d[j * ldd + k]);
      sum[k][0] = pmadd(first, factor, sum[k][0]);
      sum[k][1] = pmadd(second, factor, sum[k][1]);
    }
  }
  for (int k = 0; k < K; ++k) {
    double* to = z + k * ldz;
    pstoreu(to, padd(ploadu<Packet>(to), sum[k][0]));
    pstoreu(to + lanes, padd(ploadu<Packet>(to + lanes), sum[k][1]));
  }
}

/// g(C, K) += x(n, C)' u(n, K), n a multiple of `lanes`
template <int C, int K>
void dot_columns(const double* x, Index ld, Index n, const double* u, Index ldu, double* g, Index ldg) {
  Packet sum[C][K];
  for (int c = 0; c < C; ++c)
    for (int k = 0; k < K; ++k) sum[c][k] = pset1<Packet>(0.0);
  for (Index i = 0; i < n; i += lanes) {
    Packet own[C];
    for (int c = 0; c < C; ++c) own[c] = ploadu<Packet>(x + i + c * ld);
    for (int k = 0; k < K; ++k) {
      const Packet factor = ploadu<Packet>(u + i + k * ldu);
      for (int c = 0; c < C; ++c) sum[c][k] = pmadd(own[c], factor, sum[c][k]);
    }
  }
  for (int c = 0; c < C; ++c)
    for (int k = 0; k < K; ++k) g[c + k * ldg] += predux(sum[c][k]);
}

template <int K>
void multiply_block(ConstMatrixRef x, const double* d, Index ldd, MatrixRef z, Index column) {
  for (Index i = 0; i + step <= x.rows(); i += step)
    multiply_rows<K>(x.data() + i, x.outerStride(), x.cols(), d, ldd, &z(i, column), z.outerStride());
}

template <int K>
void transpose_block(ConstMatrixRef x, ConstMatrixRef u, MatrixRef g, Index column) {
  const Index n = x.rows() / lanes * lanes;
  Index j = 0;
  for (; j + 2 <= x.cols(); j += 2)
    dot_columns<2, K>(x.data() + j * x.outerStride(), x.outerStride(), n, u.data() + column * u.outerStride(),
                      u.outerStride(), &g(j, column), g.outerStride());
  if (j < x.cols())
    dot_columns<1, K>(x.data() + j * x.outerStride(), x.outerStride(), n, u.data() + column * u.outerStride(),
                      u.outerStride(), &g(j, column), g.outerStride());
}

/// visit(first, K) over the columns of the thin factor, in as equal parts as can be.
template <class Visit>
void in_parts(Index columns, Visit visit) {
  const Index parts = (columns + together - 1) / together;
  for (Index part = 0, first = 0; part < parts; ++part) {
    const Index width = columns / parts + (part < columns % parts ? 1 : 0);
    visit(first, width);
    first += width;
  }
}

}  // namespace

void thin_multiply(ConstMatrixRef x, ConstMatrixRef d, MatrixRef z) {
  if (x.rows() == 0 || x.cols() == 0 || d.cols() == 0) return;
  const Matrix across = d.transpose();
  const Index whole = x.rows() / step * step;
  for (Index i = 0; i < whole; i += row_block)
    for (Index j = 0; j < x.cols(); j += column_block) {
      const Index rows = std::min(row_block, whole - i), cols = std::min(column_block, x.cols() - j);
      in_parts(d.cols(), [&](Index k, Index width) {
        const double* factor = &across(k, j);
        const auto block = x.block(i, j, rows, cols);
        auto target = z.middleRows(i, rows);
        if (width == 5) multiply_block<5>(block, factor, d.cols(), target, k);
        if (width == 4) multiply_block<4>(block, factor, d.cols(), target, k);
        if (width == 3) multiply_block<3>(block, factor, d.cols(), target, k);
        if (width == 2) multiply_block<2>(block, factor, d.cols(), target, k);
        if (width == 1) multiply_block<1>(block, factor, d.cols(), target, k);
      });
    }
  const Index rest = x.rows() - whole;
  if (rest > 0) z.bottomRows(rest) += x.bottomRows(rest).lazyProduct(d);
}

void thin_transpose_multiply(ConstMatrixRef x, ConstMatrixRef u, MatrixRef g) {
  if (x.rows() == 0 || x.cols() == 0 || u.cols() == 0) return;
  for (Index i = 0; i < x.rows(); i += row_block) {
    const Index rows = std::min(row_block, x.rows() - i), rest = rows % lanes;
    const auto block = x.middleRows(i, rows), factor = u.middleRows(i, rows);
    in_parts(u.cols(), [&](Index k, Index width) {
      if (width == 5) transpose_block<5>(block, factor, g, k);
      if (width == 4) transpose_block<4>(block, factor, g, k);
      if (width == 3) transpose_block<3>(block, factor, g, k);
      if (width == 2) transpose_block<2>(block, factor, g, k);
      if (width == 1) transpose_block<1>(block, factor, g, k);
    });
    if (rest > 0) g += block.bottomRows(rest).transpose().lazyProduct(factor.bottomRows(rest));
  }
}

}  // namespace pauca

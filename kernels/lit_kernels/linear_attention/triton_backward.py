"""Linear attention in Triton, backward.

With n_i = phi(q_i) S, d_i = phi(q_i) . z + eps, o_i = n_i / d_i and do the gradient of o:

    dn_i = do_i / d_i,   dd_i = -(do_i . o_i) / d_i
    dphi(q_i) = dn_i S^T + dd_i z                         first pass: reads q and do, writes dq
    dS = sum_i phi(q_i)^T dn_i,   dz = sum_i dd_i phi(q_i)    second pass: reads q and do
    dphi(k_j) = v_j dS^T + dz                             third pass: reads v and k, writes dk
    dv_j = phi(k_j) dS                                    fourth pass: reads k, writes dv

Without the normaliser dphi(q_i) = do_i S^T, the third pass with other operands, and dS = sum_i phi(q_i)^T do_i.

do_i . o_i = phi(q_i) . (dn_i S^T), a row of the first pass's own product, so o is neither kept nor computed again.
The second pass is the forward's first one with other operands, the fourth is its second one. S (`kv_state`) and z
(`z_state`) come from the forward pass as means over the tokens. dS and dz are kept over sqrt(tokens), midway between
sum and mean: gradients are small, and as means they would fall below fp16, as sums above.
"""

import torch
import triton
import triton.language as tl

from ..common.layout import token_major
from ..common.tiles import (
    SIZES,
    autotuned,
    features,
    load_state,
    load_state_tile,
    load_tile,
    load_tiles,
    load_vector,
    matmul,
    pair_at,
    programs,
    share_of,
    size_classes,
    store_tile,
    tiling,
)
from .states import new_states
from .triton_forward import output_pass, state_pass


@triton.jit
def identity(SIZE: tl.constexpr, dtype: tl.constexpr):
    return tl.where(tl.arange(0, SIZE)[:, None] == tl.arange(0, SIZE)[None, :], 1.0, 0.0).to(dtype)


@triton.jit
def beside_products(x, RELU: tl.constexpr, IDENTITY: tl.constexpr, TURNED: tl.constexpr):
    """phi(x) cut among the threads as the products are, for elementwise work with them; TURNED transposes it.

    IDENTITY lets the tensor cores bring x there: a product with the identity, exact but for rows with infinity or NaN,
    which are NaN. Triton fetches ahead only what it multiplies, and what else reads such a load costs it the layout of
    shared memory without bank conflicts. It also saves a trip through shared memory and the widening.
    """
    if not IDENTITY:
        x = features(x, RELU)
    if TURNED:
        x = tl.trans(x)
    if IDENTITY:
        total = tl.full(x.shape, 0.0, tl.float32)
        if TURNED:
            total = matmul(identity(x.shape[0], x.dtype), x, total)
        else:
            total = matmul(x, identity(x.shape[1], x.dtype), total)
        total = features(total, RELU)
    else:
        total = x.to(tl.float32)
    return total


@autotuned(
    triton.Config({"BLOCK": 32, "IDENTITY": True, "TURNED": False}, num_warps=4, num_stages=2),  # head_dim 192
    triton.Config({"BLOCK": 32, "IDENTITY": True, "TURNED": True}, num_warps=4, num_stages=2),  # the same, fewer tokens
    triton.Config({"BLOCK": 16, "IDENTITY": True, "TURNED": True}, num_warps=4, num_stages=2),  # 256: no spills
    fp32=triton.Config({"BLOCK": 16, "IDENTITY": False, "TURNED": False}, num_warps=8, num_stages=1),
)
@triton.jit(do_not_specialize=SIZES)
def grad_query_kernel(
    q, do, kv_state, z_state, dq, inverse, delta,
    q_batch, q_head, q_row, q_column, do_batch, do_head, do_row, do_column, dq_batch, dq_head, dq_row, dq_column,
    pairs, heads, tokens, eps, PAIRS_CLASS, TOKENS_CLASS,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr,
    VALUE_TILES: tl.constexpr, RELU: tl.constexpr, RESIDENT: tl.constexpr, BLOCK: tl.constexpr, IDENTITY: tl.constexpr,
    TURNED: tl.constexpr,
):  # fmt: skip
    """dq, and for each token 1 / d_i and delta_i = do_i . o_i.

    TURNED computes S do^T: Hopper's tensor cores want 64 rows, which a tile of S has and a block of 32 tokens has not.
    """
    SHAPE: tl.constexpr = (TILE, BLOCK) if TURNED else (BLOCK, TILE)
    FEATURES: tl.constexpr = 0 if TURNED else 1  # the axis of SHAPE that they lie along
    TOKENS: tl.constexpr = 1 - FEATURES
    blocks = tl.cdiv(tokens, BLOCK)
    at, last = share_of(tl.program_id(0), tl.num_programs(0), pairs, blocks)
    while at < last:
        pair, batch, head, stop = pair_at(at, last, blocks, heads)
        queries, gradients_of = q + batch * q_batch + head * q_head, do + batch * do_batch + head * do_head
        outputs = dq + batch * dq_batch + head * dq_head
        first = pair.to(tl.int64) * tokens
        own_kv_state = kv_state + pair.to(tl.int64) * D * VALUE_D
        own_z_state = z_state + pair.to(tl.int64) * D
        states = load_state(own_kv_state, 0, D, TILE, TILES, VALUE_D, VALUE_TILE, VALUE_TILES, RESIDENT)
        zs = ()
        for i in tl.static_range(TILES):
            zs += (tl.expand_dims(load_vector(own_z_state, i, D, TILE), TOKENS),)
        for block in range(at - pair * blocks, stop - pair * blocks):
            rows = block * BLOCK + tl.arange(0, BLOCK)
            inside = rows < tokens
            gradients = load_tiles(gradients_of, rows, do_row, do_column, inside, VALUE_D, VALUE_TILE, VALUE_TILES)
            if RESIDENT:
                own_queries = load_tiles(queries, rows, q_row, q_column, inside, D, TILE, TILES)
            xs, products = (), ()
            normaliser = tl.full(SHAPE, 0.0, tl.float32)
            row_delta = tl.full(SHAPE, 0.0, tl.float32)
            for i in tl.static_range(TILES):
                total = tl.full(SHAPE, 0.0, tl.float32)  # do S^T
                for j in tl.static_range(VALUE_TILES):
                    if RESIDENT:
                        tile = states[i * VALUE_TILES + j]
                    else:
                        tile = load_state_tile(own_kv_state, i, j, D, TILE, VALUE_D, VALUE_TILE)
                    if TURNED:
                        total = matmul(tile, tl.trans(gradients[j]), total)
                    else:
                        total = matmul(gradients[j], tl.trans(tile), total)
                if RESIDENT:
                    x = own_queries[i]
                else:  # fp32 has no registers for all of q
                    x = load_tile(queries, rows, q_row, q_column, inside, i, D, TILE)
                x = beside_products(x, RELU, IDENTITY, TURNED)
                normaliser += x * zs[i]
                row_delta += x * total
                xs += (x.to(q.dtype.element_ty),)
                products += (total,)
            row_inverse = 1.0 / (tl.sum(normaliser, FEATURES) + eps)
            row_delta = tl.sum(row_delta, FEATURES) * row_inverse
            tl.store(inverse + first + rows, row_inverse, mask=inside)
            tl.store(delta + first + rows, row_delta, mask=inside)
            row_inverse, row_delta = tl.expand_dims(row_inverse, FEATURES), tl.expand_dims(row_delta, FEATURES)
            for i in tl.static_range(TILES):
                x = (products[i] - row_delta * zs[i]) * row_inverse
                if RELU:
                    x = tl.where(xs[i] > 0, x, 0.0)
                if TURNED:
                    x = tl.trans(x)
                store_tile(outputs, x, rows, dq_row, dq_column, inside, i, D, TILE)
        at = stop


@autotuned(
    triton.Config({"BLOCK": 32, "IDENTITY": True, "TURNED": False}, num_warps=4, num_stages=2),  # head_dim 192
    triton.Config({"BLOCK": 32, "IDENTITY": False, "TURNED": True}, num_warps=4, num_stages=1),  # 256: fits
    fp32=triton.Config({"BLOCK": 16, "IDENTITY": False, "TURNED": False}, num_warps=8, num_stages=1),
)
@triton.jit(do_not_specialize=SIZES)
def grad_key_kernel(
    k, v, dkv_state, dz_state, dk,
    k_batch, k_head, k_row, k_column, v_batch, v_head, v_row, v_column, dk_batch, dk_head, dk_row, dk_column,
    pairs, heads, tokens, factor, PAIRS_CLASS, TOKENS_CLASS,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr,
    VALUE_TILES: tl.constexpr, RELU: tl.constexpr, NORMALIZED: tl.constexpr, RESIDENT: tl.constexpr,
    BLOCK: tl.constexpr, IDENTITY: tl.constexpr, TURNED: tl.constexpr,
):  # fmt: skip
    """dk; TURNED computes dS v^T, as for dq."""
    SHAPE: tl.constexpr = (TILE, BLOCK) if TURNED else (BLOCK, TILE)
    blocks = tl.cdiv(tokens, BLOCK)
    at, last = share_of(tl.program_id(0), tl.num_programs(0), pairs, blocks)
    while at < last:
        pair, batch, head, stop = pair_at(at, last, blocks, heads)
        keys, values_of = k + batch * k_batch + head * k_head, v + batch * v_batch + head * v_head
        outputs = dk + batch * dk_batch + head * dk_head
        own_kv_state = dkv_state + pair.to(tl.int64) * D * VALUE_D
        states = load_state(own_kv_state, 0, D, TILE, TILES, VALUE_D, VALUE_TILE, VALUE_TILES, RESIDENT)
        own_dz_state = dz_state + pair.to(tl.int64) * D
        for block in range(at - pair * blocks, stop - pair * blocks):
            rows = block * BLOCK + tl.arange(0, BLOCK)
            inside = rows < tokens
            values = load_tiles(values_of, rows, v_row, v_column, inside, VALUE_D, VALUE_TILE, VALUE_TILES)
            for i in tl.static_range(TILES):
                total = tl.full(SHAPE, 0.0, tl.float32)
                for j in tl.static_range(VALUE_TILES):
                    if RESIDENT:
                        tile = states[i * VALUE_TILES + j]
                    else:
                        tile = load_state_tile(own_kv_state, i, j, D, TILE, VALUE_D, VALUE_TILE)
                    if TURNED:
                        total = matmul(tile, tl.trans(values[j]), total)
                    else:
                        total = matmul(values[j], tl.trans(tile), total)
                if NORMALIZED:
                    total += tl.expand_dims(load_vector(own_dz_state, i, D, TILE), 1 if TURNED else 0)
                total = factor * total
                if RELU:
                    x = load_tile(keys, rows, k_row, k_column, inside, i, D, TILE)
                    total = tl.where(beside_products(x, RELU, IDENTITY, TURNED) > 0, total, 0.0)
                if TURNED:
                    total = tl.trans(total)
                store_tile(outputs, total, rows, dk_row, dk_column, inside, i, D, TILE)
        at = stop


def value_products(do, k, dkv_state, factor, feature_map):
    """dv, factor phi(k) dS: the forward's second pass without its normaliser."""
    return output_pass(k, dkv_state, None, do, factor, 0.0, feature_map, normalize=False)


def key_products(k, v, dkv_state, dz_state, factor, feature_map, normalize):
    """dk, factor (v dS^T + dz), see `grad_key_kernel`; dz_state is not read unless `normalize`."""
    batch, heads, tokens, dim = k.shape
    pairs, dk = batch * heads, token_major(k)
    grad_key_kernel[(programs(k.device),)](
        k, v, dkv_state, dz_state, dk, *k.stride(), *v.stride(), *dk.stride(),
        pairs, heads, tokens, factor, *size_classes(pairs, tokens), **tiling(dim, v.shape[3]),
        RELU=feature_map == "relu", NORMALIZED=normalize, RESIDENT=k.dtype != torch.float32,
    )  # fmt: skip
    return dk


def backward(do, q, k, v, kv_state, z_state, eps, feature_map, normalize=True, grad_values=value_products):
    """(dq, dk, dv); `grad_values(do, k, dkv_state, factor, feature_map)` is dv."""
    batch, heads, tokens, dim = q.shape
    pairs = batch * heads
    inverse = delta = None
    if normalize:
        dq = token_major(q)
        inverse = torch.empty(batch, heads, tokens, dtype=torch.float32, device=q.device)
        delta = torch.empty_like(inverse)
        grad_query_kernel[(programs(q.device),)](
            q, do, kv_state, z_state, dq, inverse, delta, *q.stride(), *do.stride(), *dq.stride(),
            pairs, heads, tokens, eps / tokens, *size_classes(pairs, tokens), **tiling(dim, v.shape[3]),
            RELU=feature_map == "relu", RESIDENT=q.dtype != torch.float32,
        )  # fmt: skip
    else:
        dq = key_products(q, do, kv_state, z_state, 1.0, feature_map, normalize)
    dkv_state, dz_state = new_states(q, v, normalize)
    factor = tokens**-0.5
    state_pass(q, do, dkv_state, dz_state, factor, feature_map, inverse, delta, normalize)
    dk = key_products(k, v, dkv_state, dz_state, factor, feature_map, normalize)
    dv = grad_values(do, k, dkv_state, factor, feature_map)
    return dq, dk, dv

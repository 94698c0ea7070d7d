package rounds.core

import rounds.phone.OrderDetail
import rounds.phone.OrderFilter
import rounds.phone.OrderPage
import rounds.phone.Raised

/** Work orders and what a technician does with them. An order is named by its id or the number people say aloud. */
class OrderCalls internal constructor(private val orders: Orders) : AutoCloseable by orders {
    /** A page (from 0) of at most 50 orders, newest first. */
    suspend fun list(filter: OrderFilter = OrderFilter.Mine, page: Int = 0): OrderPage =
        io { orders.list(filter, page.toUInt()) }

    /** One order, whole. */
    suspend fun show(order: String): OrderDetail = io { orders.show(order) }

    /** Raises an order; its number is final at once, also without a connection. */
    suspend fun raise(draft: OrderDraft): Raised = io { orders.raise(draft) }

    /** Gives the order to people, by their codes or ids. */
    suspend fun assign(order: String, people: List<String>) = io { orders.assign(order, people) }

    /** Takes it. */
    suspend fun accept(order: String) = io { orders.accept(order) }

    /** Gives it back. */
    suspend fun decline(order: String, reason: String) = io { orders.decline(order, reason) }

    /** Sets out. */
    suspend fun travel(order: String) = io { orders.travel(order) }

    /** Is there. */
    suspend fun arrive(order: String) = io { orders.arrive(order) }

    /** Begins work, or begins again. */
    suspend fun start(order: String) = io { orders.start(order) }

    /** Work waits. */
    suspend fun hold(order: String, reason: WaitsFor, words: String = "") = io { orders.hold(order, reason, words) }

    /** Work goes on. */
    suspend fun resume(order: String) = io { orders.resume(order) }

    /** Work is finished; the order goes to review. */
    suspend fun complete(order: String, words: String = "") = io { orders.complete(order, words) }

    /** It cannot be done. */
    suspend fun cannotComplete(order: String, reason: String) = io { orders.cannotComplete(order, reason) }
}
